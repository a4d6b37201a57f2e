"""What every body of a request or of an answer is made from, and the shape of a list."""

from __future__ import annotations

from typing import Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict


class Request(BaseModel):
    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class Answer(BaseModel):
    model_config = ConfigDict(extra="allow", use_attribute_docstrings=True)


Item = TypeVar("Item", bound=BaseModel)


class Page(Answer, Generic[Item]):
    """Part of a list, newest first. The next page is asked for with ``after=last_id``."""

    object: Literal["list"] = "list"
    data: list[Item]
    has_more: bool = False
    first_id: str | None = None
    last_id: str | None = None


class Deleted(Answer):
    id: str
    object: str
    deleted: Literal[True] = True
