"""A form with one file, straight to the disk: neither memory nor a temporary folder ever holds the file.

The framework's own reader would write it to the system's temporary folder first, whatever its size.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from cooldown_api.files.folders import Incoming
from cooldown_api.problems import ProblemError

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

_MOST_FIELDS: Final = 32
_MOST_FIELD_BYTES: Final = 16 << 10
_WRITTEN_AT_ONCE: Final = 1 << 20


@dataclass
class Form:
    """What came beside the file."""

    filename: str = ""
    fields: dict[str, str] = field(default_factory=dict)


async def receive(request: Request, file_field: str, into: Incoming, most_bytes: int) -> Form:
    """Read a form whose field ``file_field`` is the file, which is written to ``into`` as it comes.

    Raises :class:`ProblemError`: ``unsupported-media-type`` for another body, ``bad-request`` for a broken one or one without the
    file, ``body-too-large`` as soon as the file has more than ``most_bytes``.
    """
    kind, options = parse_options_header(request.headers.get("content-type"))
    boundary = options.get(b"boundary")
    if kind != b"multipart/form-data" or not boundary:
        raise ProblemError(
            "unsupported-media-type",
            f"send a form (`multipart/form-data`) with the file in the field `{file_field}`",
        )
    reader = _Reader(file_field, most_bytes)
    try:
        parser = MultipartParser(boundary, reader.callbacks())
        async for chunk in request.stream():
            parser.write(chunk)
            if len(reader.pending) >= _WRITTEN_AT_ONCE:
                await run_in_threadpool(into.write, reader.take())
        parser.finalize()
    except MultipartParseError as error:
        raise ProblemError("bad-request", f"the form is broken: {error}") from error
    if not reader.ended:
        raise ProblemError("bad-request", "the form is broken: it ends in the middle")
    if reader.files != 1:
        raise ProblemError(
            "bad-request",
            f"the form must have one file, in the field `{file_field}`",
            param=file_field,
            openai_code="missing_required_parameter",
        )
    await run_in_threadpool(into.write, reader.take())
    await run_in_threadpool(into.finish)
    return reader.form


class _Reader:
    """Hears of the form's parts from the parser; the file's bytes gather in ``pending`` until somebody takes them."""

    def __init__(self, file_field: str, most_bytes: int) -> None:
        self.form = Form()
        self.pending = bytearray()
        self.files = 0
        self.ended = False
        self._file_field = file_field
        self._most_bytes = most_bytes
        self._received = 0
        self._header = bytearray()
        self._value = bytearray()
        self._headers: dict[bytes, bytes] = {}
        self._field = bytearray()
        self._name = ""
        self._is_file = False

    def callbacks(self) -> MultipartCallbacks:
        return {
            "on_part_begin": self.on_part_begin,
            "on_header_field": self.on_header_field,
            "on_header_value": self.on_header_value,
            "on_header_end": self.on_header_end,
            "on_headers_finished": self.on_headers_finished,
            "on_part_data": self.on_part_data,
            "on_part_end": self.on_part_end,
            "on_end": self.on_end,
        }

    def take(self) -> bytes:
        taken, self.pending = bytes(self.pending), bytearray()
        return taken

    def on_part_begin(self) -> None:
        self._headers, self._field = {}, bytearray()

    def on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def on_header_end(self) -> None:
        self._headers[bytes(self._header).lower()] = bytes(self._value)
        self._header, self._value = bytearray(), bytearray()

    def on_headers_finished(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition"))
        self._name = options.get(b"name", b"").decode("utf-8", "replace")
        self._is_file = self._name == self._file_field
        if self._is_file:
            self.files += 1
            self.form.filename = options.get(b"filename", b"").decode("utf-8", "replace")

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        if self._is_file and self.files == 1:
            self._received += end - start
            if self._received > self._most_bytes:
                raise ProblemError(
                    "body-too-large",
                    f"the file has more than {self._most_bytes:,} bytes",
                    param=self._file_field,
                    remedy="split it, or ask the operator to raise `limits.upload_bytes`",
                )
            self.pending += data[start:end]
        elif not self._is_file:
            self._field += data[start:end]
            if len(self._field) > _MOST_FIELD_BYTES:
                raise ProblemError(
                    "body-too-large", f"the field `{self._name[:64]}` is too long", param=self._name[:64]
                )

    def on_part_end(self) -> None:
        if self._is_file:
            return
        if len(self.form.fields) >= _MOST_FIELDS:
            raise ProblemError("bad-request", f"the form has more than {_MOST_FIELDS} fields")
        self.form.fields[self._name] = self._field.decode("utf-8", "replace")

    def on_end(self) -> None:
        self.ended = True
