"""What a connector is, and how one is found.

A connector reads one kind of system of record. It is a class registered under the entry point group
``cooldown_kit.connectors``; the core never imports one by name. ``docs/connectors/index.md`` shows how to write one.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Protocol, runtime_checkable

from cooldown_kit.errors import RecipeError
from cooldown_kit.events import Emit
from cooldown_kit.guard.marks import Reach
from cooldown_kit.options import Options
from cooldown_kit.records import Record, Skipped

GROUP = "cooldown_kit.connectors"


class SourceOptions(Options):
    """Options that every source has; each connector extends it beside its own code."""

    connector: Annotated[str, Reach("none")]
    """Which connector reads this source; `cooldown connectors` lists those that are installed."""


@dataclass(frozen=True)
class Take:
    """One kind of thing that a connector can take from a source, for example ``commits``.

    ``family`` says whether its documents count as code or as text where a recipe leaves the shares to the goal.
    """

    name: str
    family: Literal["code", "text"]


Wanted = Literal["before", "untouched", "versions"]
"""``before``: the whole content of changed files before the change; ``untouched``: some files beside them; ``versions``: the
file that a review comment speaks of, as it was then and as it was merged."""


@dataclass(frozen=True)
class HarvestContext:
    """What a connector is given beside its options."""

    source: str
    """The name of the source in the recipe."""
    folder: Path
    """The recipe's folder: relative paths in options are relative to it."""
    store: Path
    """A folder of the workspace, readable by its owner only, where clones and cursors may stay between runs."""
    emit: Emit
    wanted: frozenset[Wanted] = frozenset()
    """What the recipe's layouts need beyond the usual, so that nobody pays for what is not read."""
    workers: int = 0
    """Processes that may work at once; 0 takes as many as there are processors."""


class Connector(Protocol):
    """The protocol. All methods are free of state; instances are made without arguments."""

    Options: ClassVar[type[SourceOptions]]

    def takes(self, options: Any) -> tuple[Take, ...]:
        """The takes that these options ask for; the streams of the source are ``{source}.{take.name}``."""
        ...

    def check(self, options: Any, context: HarvestContext) -> None:
        """Look whether the source can be read, quickly and before anything costs.

        Raises :class:`~cooldown_kit.errors.InputError` with place and remedy where it cannot."""
        ...

    def fingerprint(self, options: Any, context: HarvestContext) -> Mapping[str, Any]:
        """What the source holds now, as small JSON: equal fingerprints mean equal harvests.

        Called before every run, so it must cost little: tip revisions, sizes and times, cursors; never contents."""
        ...

    def harvest(self, options: Any, context: HarvestContext) -> Iterator[Record | Skipped]:
        """All records, in a stable order, and everything that was seen and not taken."""
        ...


@runtime_checkable
class Updating(Protocol):
    """A connector of a source that has to be asked for everything, slowly, before it can be said what it holds: a forge.

    :meth:`update` is called once a run, after ``check``; ``fingerprint`` and ``harvest`` then speak of what it brought and ask nobody.
    """

    def update(self, options: Any, context: HarvestContext) -> Mapping[str, Any]:
        """Bring what is kept in ``context.store`` up to date, and say in small JSON what that took.

        It may be killed at any moment: the next one goes on where it was."""
        ...


@dataclass(frozen=True)
class Estimate:
    """What one part of an update will take."""

    what: str
    """Repository and stream: ``acme/payments comments``."""
    items: int
    calls: int
    points: int
    """Of a quota beside the calls, where the system has one (GitHub's GraphQL)."""
    seconds: float
    exact: bool
    """False where ``items`` is itself an estimate."""


@runtime_checkable
class Estimating(Protocol):
    """A connector that can say beforehand what an update will ask for."""

    def estimate(self, options: Any, context: HarvestContext) -> list[Estimate]:
        """Asks a handful of questions; stores nothing."""
        ...


@runtime_checkable
class Reaching(Protocol):
    """A connector whose addresses follow from several options together, as a forge's and its repositories' do.

    The options that take part are marked ``Reach("below")``.
    """

    def reached_urls(self, options: Any) -> Iterable[tuple[str, str]]:
        """Option → address as a person would open it, ``https://github.com/acme/payments``; names may hold wildcards. Asks nobody."""
        ...


@runtime_checkable
class Keeping(Protocol):
    """A connector that keeps something in ``context.store`` between runs, and says of each what it is with :func:`cooldown_kit.store.keep`."""

    def kept(self, options: Any, context: HarvestContext) -> Iterable[Path]:
        """Which entries of the store a harvest with these options reads, whether they are there or not. Asks nobody.

        `cooldown clean` removes none of them. Raises :class:`~cooldown_kit.errors.InputError` where it cannot be said; all is then left.
        """
        ...


@cache
def installed() -> dict[str, EntryPoint]:
    """Name → entry point of every connector that is installed."""
    return {point.name: point for point in sorted(entry_points(group=GROUP), key=lambda p: p.name)}


@cache
def find(name: str) -> Connector:
    """The connector of that name. Raises :class:`RecipeError` with the nearest known one."""
    points = installed()
    if name not in points:
        near = difflib.get_close_matches(name, points, n=1)
        raise RecipeError(
            f"there is no connector {name!r}",
            remedy=f"use {near[0]!r}"
            if near
            else f"use one of {', '.join(points)}, or install the package that brings it",
        )
    connector: Connector = points[name].load()()
    return connector
