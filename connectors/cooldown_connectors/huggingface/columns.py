"""The columns of a data set before any of its rows is fetched: from the foot of a Parquet file, else from the card."""

from __future__ import annotations

import io
from collections.abc import Mapping

import pyarrow as pa
import pyarrow.parquet as pq

from cooldown_connectors.huggingface.choose import Chosen
from cooldown_connectors.huggingface.source import Source
from cooldown_connectors.text.checks import check_names
from cooldown_kit.errors import InputError

_MAGIC = b"PAR1"
_TAIL = 64 << 10
_MOST_FOOTER = 32 << 20
_CONVERSATIONS = ("messages", "conversations", "conversation", "chosen")
_STRINGS = frozenset(
    {"string", "large_string", "string_view", "dictionary<values=string, indices=int32, ordered=0>"}
)


def check_columns(source: Source, commit: str, chosen: Chosen) -> None:
    """Raise :class:`InputError` where a column that the options name is missing, or where the text's is no text."""
    columns = _columns(source, commit, chosen)
    if columns is None:
        return
    options = source.options
    where = f"data set {options.dataset}, {chosen.files[0].path}"
    talks = next((name for name in _CONVERSATIONS if name in columns and columns[name] not in _STRINGS), None)
    text = options.text_field
    kind = columns.get(text)
    if options.messages_field is None and talks is not None and (kind is None or text == talks):
        texts = [name for name, kind in columns.items() if kind in _STRINGS]
        raise InputError(
            f"its rows are conversations (column {talks!r}), and the options ask for texts",
            where=where,
            remedy=f"set `messages_field: {talks}`, where its items are `{{role, content}}`"
            + (f", or `text_field` to a column of texts ({', '.join(texts)})" if texts else ""),
        )
    check_names(list(columns), where, options)
    if options.messages_field is None and kind is not None and _is_nested(kind):
        raise InputError(
            f"the column {text!r} holds no texts but {kind}",
            where=where,
            remedy="set `text_field` to a column of strings",
        )


def _is_nested(kind: str) -> bool:
    return kind.startswith(("list", "large_list", "struct", "sequence", "map"))


def _columns(source: Source, commit: str, chosen: Chosen) -> Mapping[str, str] | None:
    """Column → type; ``None`` where nothing says it."""
    if chosen.kind != "parquet":
        return chosen.columns
    file = chosen.files[0]
    local = source.local(file)
    try:
        if local is not None:
            schema = pq.read_schema(local)
        else:
            size = min(_TAIL, file.size)
            tail = source.part(commit, file, file.size - size, size)
            footer = int.from_bytes(tail[-8:-4], "little") + 8
            if size < footer <= min(_MOST_FOOTER, file.size):
                tail = source.part(commit, file, file.size - footer, footer)
            schema = pq.read_schema(io.BytesIO(_MAGIC + tail[-footer:]))
    except (OSError, pa.ArrowException):
        return None  # the harvest counts it as `bad_parquet`
    return {field.name: str(field.type) for field in schema}
