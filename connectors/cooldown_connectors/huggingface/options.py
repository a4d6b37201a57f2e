"""Options of the ``huggingface`` connector."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import BeforeValidator, ConfigDict, Field, field_validator

from cooldown_connectors.credentials.references import checked_reference
from cooldown_connectors.http.addresses import checked_address
from cooldown_connectors.text.options import RowOptions
from cooldown_kit.guard.marks import Reach
from cooldown_kit.options import Count

_DATASET = re.compile(
    r"(?!.*(?:--|\.\.))(?:[A-Za-z0-9][A-Za-z0-9._-]{0,95}/)?[A-Za-z0-9_][A-Za-z0-9._-]{0,95}"
)
"""The hub's rule for names; some old sets have no owner."""
_REVISION = re.compile(r"(?![-/])(?!.*(?:\.\.|@\{|//))[^\x00-\x20\x7f~^:?*\[\\]{1,500}")


def _as_list(value: object) -> object:
    return (value,) if isinstance(value, str) else value


class HuggingFaceOptions(RowOptions):
    """Rows of a data set on the Hugging Face hub, or on a server that speaks its protocol."""

    # A refused endpoint or token may hold a password: it must not come back in the message that refuses it.
    model_config = ConfigDict(hide_input_in_errors=True)

    dataset: Annotated[str, Reach("below")]
    """Name of the data set, `owner/name`."""
    revision: Annotated[str, Reach("none")] = "main"
    """Branch, tag or commit; `refs/convert/parquet` for what the hub itself has turned into Parquet. A branch is asked for its commit before every run."""
    config: Annotated[str | None, Reach("none")] = None
    """Which configuration (subset), where the set has several; without it, the default one."""
    split: Annotated[str, Reach("none"), Field(min_length=1)] = "train"
    """Which split."""
    files: Annotated[tuple[str, ...], BeforeValidator(_as_list), Reach("none")] = ()
    """Globs such as `data/**/*.jsonl.zst`: take these files, whatever configurations and splits the set declares."""
    family: Literal["text", "code"] = "text"
    """Whether the rows count as text or as code where the goal sets the shares."""
    limit: Annotated[Count, Field(ge=1)] | None = None
    """Take the first so many rows that hold text, in the order of files and rows; files after them are not fetched. Empty takes all."""
    token: Annotated[str | None, Reach("secret")] = None
    """Where the token for a private or gated set stands, as `env:NAME` or `file:PATH`; the token itself is never stored."""
    endpoint: Annotated[str, Reach("below")] = "https://huggingface.co"
    """Address of the hub, or of a mirror on your own premises."""
    offline: bool | Literal["auto"] = "auto"
    """`true` never asks the network and reads what the workspace holds; `auto` does so where the hub cannot be reached (or `HF_HUB_OFFLINE` is set); `false` never does so for a branch or a tag."""

    @field_validator("dataset")
    @classmethod
    def _dataset_is_a_name(cls, value: str) -> str:
        if not _DATASET.fullmatch(value):
            raise ValueError(
                "this is not the name of a data set: it is `owner/name`, without an address before it"
            )
        return value

    @field_validator("revision")
    @classmethod
    def _revision_is_a_name(cls, value: str) -> str:
        if not _REVISION.fullmatch(value):
            raise ValueError("this is not the name of a branch, a tag or a commit")
        return value

    @field_validator("endpoint")
    @classmethod
    def _endpoint_is_safe(cls, value: str) -> str:
        return checked_address(value).rstrip("/")

    @field_validator("token")
    @classmethod
    def _token_is_a_reference(cls, token: str | None) -> str | None:
        if token is not None and not checked_reference(token).startswith(("env:", "file:", "secret:")):
            raise ValueError(
                "the hub's token stands in an environment variable or a file: say `env:NAME` or `file:PATH`"
            )
        return token
