"""Texts as an index keeps them: encoded and compressed."""

from __future__ import annotations

from typing import Generic, TypeVar

import msgspec
import zstandard

Thing = TypeVar("Thing", bound=msgspec.Struct)


class Packer(Generic[Thing]):
    """Structs of one type to bytes and back."""

    def __init__(self, kind: type[Thing]) -> None:
        self._compress = zstandard.ZstdCompressor(level=1).compress
        self._decompress = zstandard.ZstdDecompressor().decompress
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder(kind).decode

    def pack(self, thing: Thing) -> bytes:
        """What :meth:`unpack` makes the same of."""
        return self._compress(self._encode(thing))

    def unpack(self, data: bytes) -> Thing:
        """What was packed."""
        return self._decode(self._decompress(data))
