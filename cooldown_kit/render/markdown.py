"""Code in Markdown: fences that no content can close."""

from __future__ import annotations

import re

from cooldown_kit.render.languages import language_of

_RUN = re.compile(r"`{3,}")


def fenced(text: str, tag: str = "") -> str:
    """``text`` in a fence of its own lines, the fence longer than any run of backticks within; ends with a newline."""
    fence = "`" * (1 + max((len(run) for run in _RUN.findall(text)), default=2))
    return f"{fence}{tag}\n{text}{'' if not text or text.endswith(chr(10)) else chr(10)}{fence}\n"


def language_tag(path: str, content: str = "") -> str:
    """What stands behind the fence for a file: linguist's name in lower case, ``c++``, ``emacs-lisp``; empty if unknown."""
    language = language_of(path, first_line=content[:200].partition("\n")[0])
    return (language or "").lower().replace(" ", "-")
