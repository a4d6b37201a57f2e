"""Jupyter notebooks as Markdown, code and the outputs that are text. Formats 3 and 4 (and what looks like them), checked by hand.

A notebook is JSON that many programs write, not all of them well, so no field is taken on trust and nothing here raises.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal

import msgspec

from cooldown_kit.records import Cell

_ANSI: Final = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # colours and movements of the cursor
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"  # titles and links
    r"|\x1b[ -/]*[0-Z\\^-~]"
)
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_OVERWRITTEN: Final = re.compile(r"[^\n]*\r(?=[^\n])")
_PLACEHOLDER: Final = re.compile(r"<[^\n]*>")
"""``<Figure size 640x480 with 1 Axes>``: what Python says in place of a picture, of HTML or of rendered Markdown."""
_TEXTS: Final = (("plain", "text"), ("markdown", "markdown"))
_RICH: Final = frozenset({"png", "jpeg", "svg", "html", "latex", "javascript", "pdf"})
_WIDGET: Final = "application/vnd.jupyter.widget-view+json"
_KERNELS: Final = (("python", "python"), ("ir", "r"), ("julia", "julia"))
"""How names of kernels start, for notebooks that name a kernel and no language."""


@dataclass(frozen=True)
class NotebookContent:
    """What a notebook says: its language, lower case, and the cells that are not empty."""

    language: str | None
    cells: list[Cell]


@dataclass(frozen=True)
class NotNotebook:
    """Why there is nothing to take: ``not_utf8``, ``not_a_notebook`` or ``empty``."""

    reason: str
    detail: str = ""


class _Malformed(Exception):
    """A part is not what the format says."""


def read_notebook(content: bytes, max_output: int) -> NotebookContent | NotNotebook:
    """The notebook in a file's bytes. An output longer than ``max_output`` characters is left out and counted."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return NotNotebook("not_utf8", f"byte {error.start}")
    if not text.strip():
        return NotNotebook("empty")
    try:
        notebook = _object(_json(text), "the file")
        raw_cells = list(_raw_cells(notebook))
        cells = [_cell(cell, max_output) for cell in raw_cells]
    except _Malformed as error:
        return NotNotebook("not_a_notebook", str(error))
    except RecursionError:
        return NotNotebook("not_a_notebook", "it is nested too deeply")
    cells = [cell for cell in cells if cell.source.strip() or cell.outputs]
    if not cells:
        return NotNotebook("empty")
    return NotebookContent(_language(notebook, raw_cells), cells)


def _json(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, ValueError):
        pass
    try:
        return json.loads(text)  # it takes the NaN and the halved characters that Python itself writes
    except ValueError as error:
        raise _Malformed(f"it is no JSON: {error}") from error


def _raw_cells(notebook: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Cells of format 4, or of all worksheets of formats before."""
    if "cells" in notebook:
        yield from (_object(cell, "a cell") for cell in _list(notebook["cells"], "cells"))
        return
    if "worksheets" not in notebook:
        raise _Malformed("it has no cells")
    for sheet in _list(notebook["worksheets"], "worksheets"):
        cells = _list(_object(sheet, "a worksheet").get("cells", []), "cells")
        yield from (_object(cell, "a cell") for cell in cells)


def _cell(cell: dict[str, Any], max_output: int) -> Cell:
    # Format 3 calls the source of code `input`.
    source = _text(cell["input"] if "source" not in cell and "input" in cell else cell.get("source", ""))
    kind: Literal["markdown", "code", "raw"]
    match cell.get("cell_type"):
        case "code":
            outputs, left_out = _outputs(cell.get("outputs", []), max_output)
            return Cell(kind="code", source=source, outputs=outputs, outputs_left_out=left_out)
        case "heading":  # format 3
            level = cell.get("level", 1)
            source = "#" * (level if isinstance(level, int) and 1 <= level <= 6 else 1) + " " + source
            kind = "markdown"
        case "markdown" | "html":
            kind = "markdown"
        case _:
            kind = "raw"
    return Cell(kind=kind, source=source)


def _outputs(outputs: Any, max_output: int) -> tuple[list[str], int]:
    """The outputs that are text, and how many others there are."""
    texts = []
    left_out = 0
    for output in _list(outputs, "outputs"):
        text = _output(_object(output, "an output"))
        if text is None or len(text) > max_output:
            left_out += 1
        elif text.strip():
            texts.append(text)
    return texts, left_out


def _output(output: dict[str, Any]) -> str | None:
    """The text of an output as a terminal would show it; ``None`` where it is none."""
    match output.get("output_type"):
        case "stream":
            return _as_shown(_text(output.get("text", "")))
        case "error" | "pyerr":
            lines = _list(output.get("traceback") or [], "traceback")
            text = "\n".join(_text(line) for line in lines)
            return _as_shown(text or f"{_text(output.get('ename', ''))}: {_text(output.get('evalue', ''))}")
        case "execute_result" | "display_data" | "pyout" | "update_display_data":
            return _shown(output)
    return None


def _shown(output: dict[str, Any]) -> str | None:
    """Plain text if it says more than that there is something else, else Markdown, else nothing."""
    # Format 3 has the kinds beside the rest, under short names.
    bundle = _object(output["data"], "data") if "data" in output else output
    plain, markdown = (bundle.get(f"text/{kind}", output.get(short)) for kind, short in _TEXTS)
    text = None if plain is None else _as_shown(_text(plain))
    placeholder = text is None or _PLACEHOLDER.fullmatch(text.strip()) is not None
    if placeholder and markdown is not None:
        return _as_shown(_text(markdown))
    richer = any(kind in _RICH or ("/" in kind and kind != "text/plain") for kind in bundle)
    return None if _WIDGET in bundle or (placeholder and richer) else text


def _as_shown(text: str) -> str:
    """Without colours, and of a line that was written over again and again (a progress bar) what stood there last."""
    plain = _ANSI.sub("", text).replace("\r\n", "\n")
    return _OVERWRITTEN.sub("", plain)


def _language(notebook: dict[str, Any], cells: list[dict[str, Any]]) -> str | None:
    metadata = notebook.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    kernel, info = (
        part if isinstance(part := metadata.get(name), dict) else {}
        for name in ("kernelspec", "language_info")
    )
    named = [info.get("name"), kernel.get("language"), metadata.get("language")]
    named += [cell.get("language") for cell in cells if cell.get("cell_type") == "code"]  # format 3
    for name in named:
        if isinstance(name, str) and name.strip():
            return _clean(name.strip().lower())
    name = kernel.get("name")
    if isinstance(name, str):
        return next((language for start, language in _KERNELS if name.lower().startswith(start)), None)
    return None


def _text(value: Any) -> str:
    """A text as notebooks hold it: a string, or a list of them."""
    if isinstance(value, list) and all(isinstance(line, str) for line in value):
        value = "".join(value)
    if not isinstance(value, str):
        raise _Malformed("a text is neither a string nor a list of strings")
    return _clean(value)


def _clean(text: str) -> str:
    return _SURROGATE.sub("\ufffd", text)


def _list(value: Any, what: str) -> list[Any]:
    if not isinstance(value, list):
        raise _Malformed(f"{what}: not a list")
    return value


def _object(value: Any, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _Malformed(f"{what}: not an object")
    return value
