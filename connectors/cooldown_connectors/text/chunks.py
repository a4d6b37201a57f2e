"""A file's bytes, some at a time, compressed or not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pyarrow as pa

from cooldown_connectors.text.formats import codec_of
from cooldown_connectors.text.walk import Found

_CHUNK: Final = 1 << 20
_BOM: Final = b"\xef\xbb\xbf"


def chunks(file: Found) -> Iterator[bytes]:
    """Up to 1 MiB each, without UTF-8's byte order mark. Raises ``OSError``, ``EOFError`` or ``pa.ArrowException`` where the file is broken."""
    codec = codec_of(file.name)
    first = True
    with file.path.open("rb") as raw, pa.CompressedInputStream(raw, codec) if codec else raw as stream:
        while chunk := stream.read(_CHUNK):
            yield chunk.removeprefix(_BOM) if first else chunk
            first = False
