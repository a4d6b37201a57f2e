"""Lines of a job's log, out of the chunks in which they are kept."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cooldown_api.database.tables import Job, LogChunk
from cooldown_kit.client.wire import LogLine

_CHUNKS_AT_ONCE = 64


def lines_after(
    session: Session, job_id: str, after: int, limit: int, *, attempt: int | None = None
) -> list[LogLine]:
    """At most ``limit`` lines with numbers greater than ``after``, in their order."""
    found: list[LogLine] = []
    for chunk in _chunks_from(session, job_id, after, attempt):
        for line in _lines(chunk):
            if line.id > after:
                found.append(line)
                if len(found) == limit:
                    return found
    return found


def last_lines(session: Session, job: Job, count: int, *, attempt: int | None = None) -> list[LogLine]:
    """The last ``count`` lines of a job or of one attempt, in their order."""
    found: list[LogLine] = []
    before = job.log_seq + 1
    while len(found) < count:
        statement = select(LogChunk).where(LogChunk.job_id == job.id, LogChunk.seq < before)
        if attempt is not None:
            statement = statement.where(LogChunk.attempt == attempt)
        chunks = session.scalars(statement.order_by(LogChunk.seq.desc()).limit(_CHUNKS_AT_ONCE)).all()
        if not chunks:
            break
        found = [line for chunk in reversed(chunks) for line in _lines(chunk)] + found
        before = chunks[-1].seq
    return found[-count:]


def _chunks_from(session: Session, job_id: str, after: int, attempt: int | None) -> Iterator[LogChunk]:
    """The chunk that holds the line after ``after``, and all that follow, a few at a time."""
    mine = select(LogChunk).where(LogChunk.job_id == job_id)
    if attempt is not None:
        mine = mine.where(LogChunk.attempt == attempt)
    first = session.scalar(
        select(func.max(LogChunk.seq)).where(LogChunk.job_id == job_id, LogChunk.seq <= after + 1)
    )
    position = first or 0
    while True:
        statement = mine.where(LogChunk.seq >= position).order_by(LogChunk.seq).limit(_CHUNKS_AT_ONCE)
        chunks = session.scalars(statement).all()
        yield from chunks
        if len(chunks) < _CHUNKS_AT_ONCE:
            return
        position = chunks[-1].seq + 1


def _lines(chunk: LogChunk) -> Iterator[LogLine]:
    for number, text in enumerate(chunk.lines, start=chunk.seq):
        yield LogLine(id=number, attempt=chunk.attempt, time=chunk.time, text=text)
