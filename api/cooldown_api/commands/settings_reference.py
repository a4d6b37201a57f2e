"""The table of settings in docs/operators.md, made from their declarations: ``python -m cooldown_api.commands.settings_reference docs/operators.md``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from cooldown_api.settings import Settings

_START: Final = "<!-- settings: made from the declarations; `make docs` writes it again -->"
_END: Final = "<!-- /settings -->"


def settings_table() -> str:
    """Every setting with its default and its meaning, as a Markdown table."""
    rows = [f"| `{name}` | {default} | {help} |" for name, default, help in _rows(Settings, "COOLDOWN_")]
    return "\n".join(["| variable | default | meaning |", "| --- | --- | --- |", *rows])


def with_table(page: str) -> str:
    """The page with its table written again."""
    before, _, rest = page.partition(_START)
    _, _, after = rest.partition(_END)
    return f"{before}{_START}\n\n{settings_table()}\n\n{_END}{after}"


def _rows(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, str, str]]:
    for name, field in model.model_fields.items():
        own = "DATABASE_URL" if name == "database_url" else f"{prefix}{name}".upper()
        part = _part(field.annotation)
        if part is not None:
            yield from _rows(part, f"{own}__")
            continue
        default = field.default
        shown = "required" if default is PydanticUndefined else _shown(default)
        yield own, shown, " ".join((field.description or "").split())


def _part(annotation: object) -> type[BaseModel] | None:
    for kind in (annotation, *getattr(annotation, "__args__", ())):
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return kind
    return None


def _shown(default: object) -> str:
    text = str(default)
    if text in ("", "None", "[]", "{}", "**********"):
        return ""
    return f"`{text}`".replace("'", '"').replace("|", "\\|")


if __name__ == "__main__":
    page = Path(sys.argv[1])
    page.write_text(with_table(page.read_text(encoding="utf-8")), encoding="utf-8")
