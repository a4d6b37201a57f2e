"""References to tokens, and the tokens that they lead to."""

from __future__ import annotations

import re
from typing import Final

REMEDY: Final = "put it into an environment variable and say `token: env:NAME`"
_FORMS: Final = (
    re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*"),
    re.compile(r"file:[^\x00-\x1f\x7f]{1,4096}"),
    re.compile(r"(?:gh|glab)(?::[A-Za-z0-9][A-Za-z0-9.-]*(?::[0-9]{1,5})?)?"),
    re.compile(r"secret:[A-Za-z0-9_-][A-Za-z0-9._-]{0,252}"),
    re.compile(r"app:[A-Za-z0-9.]{1,64}:[0-9]{1,20}:[^\x00-\x1f\x7f]{1,4096}"),
)
_TOKEN = re.compile(
    r"(?:gh[opsur]_|hf_|github_pat_|glpat-|gloas-|gldt-|glft-|ATATT3|ATBB|ATCTT3)[A-Za-z0-9_=-]{4,}"
)
"""Beginnings that forges give their tokens: somebody may have put one where a name belongs."""


def checked_reference(text: str) -> str:
    """The reference, if it is one. Raises ``ValueError``, whose message never repeats it: it may be a token."""
    if _TOKEN.search(text) or not any(form.fullmatch(text) for form in _FORMS):
        raise ValueError(
            f"a token never stands in a recipe: {REMEDY} "
            "(or `file:PATH`, `gh`, `gh:HOST`, `glab`, `glab:HOST`, `secret:NAME`, `app:ID:INSTALLATION:KEYFILE`)"
        )
    return text
