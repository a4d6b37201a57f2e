"""Words of an enumeration in an answer: a service of a later version may know more of them than its client."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from functools import partial
from typing import Annotated, Any, Final, TypeVar

from pydantic import GetCoreSchemaHandler, ValidationError
from pydantic_core import core_schema

LATER_WORDS: Final[Mapping[str, bool]] = {"later_words": True}
"""Context of a validation that keeps words which this version does not know. Only a client has it: a service knows what it says."""
_WORD: Final = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
"""What may be one. People see it in their terminals: nothing that moves a cursor is."""


class _KeepsLaterWords:
    """Lets a validation with :data:`LATER_WORDS` keep any other word. The JSON schema names the known ones."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> Any:
        enumeration = source if isinstance(source, type) and issubclass(source, StrEnum) else None
        return core_schema.with_info_wrap_validator_function(
            partial(_word, enumeration),
            handler(source),
            # as it is: the serializer of an enumeration warns of what is not one of its own
            serialization=core_schema.plain_serializer_function_ser_schema(lambda word: word),
        )


def _word(
    enumeration: type[StrEnum] | None,
    given: Any,
    known: core_schema.ValidatorFunctionWrapHandler,
    info: core_schema.ValidationInfo[Any],
) -> Any:
    try:
        return known(given)
    except ValidationError:
        if info.context is not LATER_WORDS or not isinstance(given, str) or not _WORD.fullmatch(given):
            raise
    return given if enumeration is None else _member(enumeration, given)


def _member(enumeration: type[StrEnum], word: str) -> StrEnum:
    """A word as a member that the enumeration does not list: equal to the plain word and to no other member."""
    member = str.__new__(enumeration, word)
    member._name_, member._value_ = word.upper(), word
    return member


Word = TypeVar("Word")
Open = Annotated[Word, _KeepsLaterWords()]
"""For fields of answers, around an enumeration or a ``Literal`` of several words."""
