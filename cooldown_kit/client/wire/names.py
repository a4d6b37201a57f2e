"""Types of single fields that several bodies share: names, references, labels, and the words of an enumeration."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

Kind = Literal["run", "plan", "dataset"]
Executor = Literal["local", "ray"]
Role = Literal["viewer", "editor", "admin"]

LABEL_KEYS = 16
Label = Annotated[str, Field(max_length=512)]
LabelKey = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+$")]
Labels = Annotated[dict[LabelKey, Label], Field(max_length=LABEL_KEYS)]

Name = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
DatasetReference = Annotated[
    str, Field(min_length=1, max_length=96, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*(@v[1-9][0-9]{0,8})?$")
]
"""``billing`` (the newest version) or ``billing@v3``."""

RecipeContent = dict[str, Any] | str
"""A recipe as JSON, or as the text of its YAML file."""
