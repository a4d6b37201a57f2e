"""A child's events: one line each in ``events.jsonl``, whole as soon as it is there, and never too long for who reads them."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

import msgspec

from cooldown_kit.events import Event, Message, Progress, StageFinished, StageStarted, encode

LONGEST_LINE = 64 << 10
"""Bytes. A summary of more is left out of its event; it stands whole in the manifest of its stage."""
_PROGRESS_SECONDS = 0.5
_LEVELS = {"info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
_log = logging.getLogger("cooldown_kit.engine")


class Journal:
    """Writes events; safe for threads. Progress comes many times a second, and is written twice a second at most."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("ab", buffering=0)
        self._lock = threading.Lock()
        self._progress: dict[tuple[str, str], float] = {}

    def emit(self, event: Event) -> None:
        """Append one event. Messages and stages are also lines of the child's log."""
        if isinstance(event, Progress) and not self._is_due(event):
            return
        line = _bounded(event)
        with self._lock:
            self._file.write(
                line + b"\n"
            )  # one write: a kill leaves a whole line, or a last one without its end
        _tell(event)

    def close(self) -> None:
        self._file.close()

    def _is_due(self, event: Progress) -> bool:
        key = (event.stage, event.detail)
        last = self._progress.get(key)
        if last is not None and 0 <= event.time - last < _PROGRESS_SECONDS and event.done != event.total:
            return False
        self._progress[key] = event.time
        return True


def _bounded(event: Event) -> bytes:
    try:
        line = encode(event)
    except UnicodeEncodeError:  # half a character, from a source's file name
        line = encode(_clean(event))
    if len(line) <= LONGEST_LINE:
        return line
    if isinstance(event, StageFinished):
        return encode(msgspec.structs.replace(event, summary={"left_out": f"{len(line)} bytes"}))
    if isinstance(event, Message):
        return encode(msgspec.structs.replace(event, text=event.text[: LONGEST_LINE // 8] + " …"))
    note = f"an event of type {type(event).__name__} with {len(line)} bytes was too long to be told"
    return encode(Message(stage=event.stage, level="warning", text=note, time=event.time))


def _clean(event: Event) -> Event:
    texts = {
        name: value.encode("utf-8", "replace").decode()
        for name, value in msgspec.structs.asdict(event).items()
        if isinstance(value, str)
    }
    changed: Event = msgspec.structs.replace(event, **texts)
    try:
        encode(changed)
    except UnicodeEncodeError:  # inside a summary
        return Message(
            stage=event.stage, level="warning", text=f"a {type(event).__name__} could not be written"
        )
    return changed


def _tell(event: Event) -> None:
    if isinstance(event, Message):
        _log.log(_LEVELS[event.level], "%s: %s", event.stage, event.text)
    elif isinstance(event, StageStarted):
        _log.info("%s %s begins", event.stage, event.detail)
    elif isinstance(event, StageFinished):
        how = "was there" if event.cached else f"took {event.seconds:.1f} s"
        _log.info("%s %s %s", event.stage, event.detail, how)
