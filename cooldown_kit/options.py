"""What every option model shares: strictness, and the number types people write in recipes.

An option is declared once, in the ``options.py`` of the stage (or connector) that reads it, with type,
bounds, default, unit and one line of help. ``recipe.py`` composes the models; the CLI, the API schema and
``docs/recipe.md`` are made from the same declarations.
"""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


class Options(BaseModel):
    """Base of all option models: unknown keys are refused, values cannot be changed afterwards."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, validate_default=True, use_attribute_docstrings=True
    )


_COUNT = re.compile(r"\s*([0-9][0-9_]*(?:\.[0-9]+)?(?:e[0-9]+)?)\s*([kKmMgGbBtT]?)\s*")
_COUNT_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "b": 10**9, "t": 10**12}
_BYTES = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([kKmMgGtT]?)(i?)[bB]?\s*")
_BYTE_UNITS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}


def parse_count(value: Any) -> Any:
    """``"20M"`` → 20_000_000; numbers pass; anything else is left for pydantic to refuse."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and (match := _COUNT.fullmatch(value)):
        return round(float(match[1].replace("_", "")) * _COUNT_UNITS[match[2].lower()])
    return value


def parse_share(value: Any) -> Any:
    """``"80%"`` → 0.8; numbers pass (0.8 stays 0.8)."""
    if isinstance(value, str) and value.strip().endswith("%"):
        try:
            return float(value.strip()[:-1]) / 100
        except ValueError:
            return value
    return value


def parse_bytes(value: Any) -> Any:
    """``"1MiB"`` → 1_048_576 and ``"1MB"`` → 1_000_000; numbers pass."""
    if isinstance(value, str) and (match := _BYTES.fullmatch(value)):
        base = 1024 if match[3] else 1000
        return round(float(match[1]) * base ** _BYTE_UNITS[match[2].lower()])
    return value


Count = Annotated[int, BeforeValidator(parse_count), Field(ge=0)]
"""A number of things; ``20M``, ``1.5B`` and ``300k`` are understood."""

Share = Annotated[float, BeforeValidator(parse_share), Field(ge=0, le=1)]
"""A share of a whole; ``80%`` and ``0.8`` are the same."""

Bytes = Annotated[int, BeforeValidator(parse_bytes), Field(ge=0)]
"""A size in bytes; ``1MiB`` and ``500MB`` are understood."""
