"""Options of a recipe, put together from several places of a request: what two of them say differently is refused, not chosen."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from cooldown_api.openai.route import invalid


class Asked:
    """Options that were asked for, each with the field that asked."""

    def __init__(self) -> None:
        self._values: dict[str, Any] = {}
        self._by: dict[str, str] = {}

    def set(self, dotted: str, value: Any, by: str) -> None:
        """Raises :class:`ProblemError` where another field asks for another value."""
        *parents, last = dotted.split(".")
        target = self._values
        for parent in parents:
            target = target.setdefault(parent, {})
        if self._known(dotted) and target.get(last) != value:
            raise invalid(
                by,
                f"`{by}` and `{self._by[dotted]}` both set `{dotted}`, to different values",
                remedy="set it once",
            )
        target[last] = value
        self._by[dotted] = by

    def merge(self, options: Mapping[str, Any], by: str, below: str = "") -> None:
        """Each leaf of nested options. A source and the shares of a mixture are one value."""
        for key, value in options.items():
            dotted = f"{below}{key}"
            if (
                isinstance(value, Mapping)
                and value
                and dotted.count(".") < 2
                and dotted not in ("mix.shares", "sources")
            ):
                self.merge(value, by, f"{dotted}.")
            else:
                self.set(dotted, deepcopy(value), by)

    def has(self, dotted: str) -> bool:
        return self._known(dotted)

    def get(self, dotted: str) -> Any:
        value: Any = self._values
        for key in dotted.split("."):
            value = value.get(key) if isinstance(value, Mapping) else None
        return value

    def over(self, defaults: Mapping[str, Any]) -> dict[str, Any]:
        """The recipe: what was asked for, and defaults where nothing was."""
        return _over(self._values, defaults)

    def _known(self, dotted: str) -> bool:
        return dotted in self._by


def _over(values: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    merged = deepcopy(dict(defaults))
    for key, value in values.items():
        known = merged.get(key)
        if isinstance(value, Mapping) and isinstance(known, Mapping) and key not in ("shares", "sources"):
            merged[key] = _over(value, known)
        else:
            merged[key] = deepcopy(value)
    return merged
