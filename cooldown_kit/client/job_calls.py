"""What can be asked of one job. The handles and the groups of both clients use it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import quote

from pydantic import BaseModel

from cooldown_kit.client import wire
from cooldown_kit.client.actions import Answer, Flow, Give, Pause
from cooldown_kit.client.call import Call, CallOptions, reads, segment
from cooldown_kit.client.endpoint import Listing
from cooldown_kit.client.metrics import MetricSeries
from cooldown_kit.client.paging import collected, walk
from cooldown_kit.client.retry import perform
from cooldown_kit.client.transfer import chosen, fetch, place_in, write_whole

Model = TypeVar("Model", bound=BaseModel)
_LOG_PAUSE: Final = 1.0
_LINES: Final = 1000
_MOST_LINES: Final = 5000
_RETRIES: Final = 20
"""Whoever follows a log waits through a restart of the service: some two minutes."""


def ask_job(options: CallOptions, id: str, action: str | None = None, body: Any = None) -> Flow[Any]:
    """The job; after ``cancel``, ``pause``, ``resume`` or ``rerun``, where one is asked for."""
    if action is None:
        return perform(Call("GET", _path(id), reads(wire.JobDetail)), options)
    return perform(Call("POST", f"{_path(id)}/{action}", reads(wire.Job), body=body), options)


def ask_part(options: CallOptions, id: str, part: str, model: type[Model]) -> Flow[Model]:
    """One thing of a job that has one answer."""
    return perform(Call("GET", f"{_path(id)}/{part}", reads(model)), options)


def list_part(
    options: CallOptions,
    id: str,
    part: str,
    model: type[Model],
    query: Mapping[str, Any] | None = None,
    limit: int | None = None,
) -> Listing[Model]:
    """One thing of a job that has pages."""
    return Listing(walk(f"{_path(id)}/{part}", model, query or {}, options, limit=limit))


def metrics_of(
    options: CallOptions, id: str, resolution: int | None, step_from: int | None, step_to: int | None
) -> Flow[MetricSeries]:
    query = {"resolution": resolution, "step_from": step_from, "step_to": step_to}
    found = yield from perform(Call("GET", f"{_path(id)}/metrics", reads(wire.Metrics), query), options)
    return MetricSeries(found.data, resolution=found.resolution, steps=found.steps)


def lines_of(
    options: CallOptions, id: str, *, follow: bool, tail: int | None, attempt: int | None
) -> Listing[wire.LogLine]:
    return Listing(_lines(options, id, follow, tail, attempt))


def _lines(options: CallOptions, id: str, follow: bool, tail: int | None, attempt: int | None) -> Flow[None]:
    """Lines are numbered, so that going on after the last one that was seen repeats and misses none."""
    options = (
        options.changed(timeout=None, max_retries=max(options.max_retries, _RETRIES)) if follow else options
    )
    after: int | None = None
    if tail is not None:
        last = yield from _page(
            options, id, {"tail": True, "lines": min(tail, _MOST_LINES), "attempt": attempt}
        )
        for line in last.data:
            yield Give(line)
        after = last.data[-1].id if last.data else None
        if not follow:
            return
    while True:
        # asked before the lines are: a job that has ended by now writes none after them
        job = (yield from ask_job(options, id)) if follow else None
        while True:
            page = yield from _page(options, id, {"after": after, "lines": _LINES, "attempt": attempt})
            for line in page.data:
                yield Give(line)
            after = page.data[-1].id if page.data else after
            if not page.has_more or not page.data:
                break
        if job is None or job.ended:
            return
        yield Pause(_LOG_PAUSE)


def _page(options: CallOptions, id: str, query: dict[str, Any]) -> Flow[wire.Page[wire.LogLine]]:
    return perform(Call("GET", f"{_path(id)}/logs", reads(wire.Page[wire.LogLine]), query), options)


def report_of(options: CallOptions, id: str, path: str | Path | None) -> Flow[str]:
    call = Call("GET", f"{_path(id)}/report", _text, headers={"accept": "text/html"})
    text = yield from perform(call, options)
    if path is not None:
        write_whole(Path(path), text)
    return text


def download_artefacts(
    options: CallOptions, id: str, folder: Path, names: Iterable[str] | None
) -> Flow[list[Path]]:
    found = yield from collected(list_part(options, id, "artefacts", wire.Artefact).flow)
    targets = [(artefact, place_in(folder, artefact.name)) for artefact in chosen(found, names)]
    paths = []
    for artefact, target in targets:
        url = f"{_path(id)}/artefacts/{quote(artefact.name, safe='/')}"
        paths.append((yield from fetch(url, artefact, target, options)))
    return paths


def _path(id: str) -> str:
    return f"/v1/jobs/{segment(id)}"


def _text(answer: Answer) -> str:
    return answer.content.decode("utf-8")
