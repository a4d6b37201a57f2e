"""A connector made of a forge: what every forge does alike, from the recipe's options to records."""

from __future__ import annotations

import fnmatch
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar, Final
from urllib.parse import quote

from cooldown_connectors.forge.access import forge_client, forge_tokens
from cooldown_connectors.forge.assemble import Assembler, Identity
from cooldown_connectors.forge.code import CodeReader, check_code, open_code
from cooldown_connectors.forge.options import ForgeOptions
from cooldown_connectors.forge.planning import planned
from cooldown_connectors.forge.protocol import Facts, Forge
from cooldown_connectors.forge.repository import (
    STAGE,
    Place,
    bring_up_to_date,
    facts_of,
    kept_of_source,
    opened,
    place_of,
    remember_names,
    remembered_names,
    replay,
)
from cooldown_connectors.forge.session import ForgeSession, forge_address
from cooldown_connectors.git.identity import identity_of_url
from cooldown_connectors.git.pace import Pace
from cooldown_connectors.http.client import Client
from cooldown_connectors.http.errors import Answered, OutOfCalls
from cooldown_kit.connector import Estimate, HarvestContext, Take
from cooldown_kit.errors import InputError
from cooldown_kit.events import Message
from cooldown_kit.records import Record, Skipped

VERSION: Final = 1
"""Part of the fingerprint: raised whenever the same store and the same code would give other records."""
_FAMILIES: Final[Mapping[str, Any]] = {"releases": "text"}


class ForgeConnector(ABC):
    """The connector of a forge. Each forge has a subclass that names its options and its :class:`Forge`.

    ``update`` asks the forge and keeps what it says; ``fingerprint`` and ``harvest`` read what is kept. Only commits that the
    repository's mirror still lacks are fetched by ``harvest``.
    """

    Options: ClassVar[type[ForgeOptions]]

    @abstractmethod
    def forge_of(self, options: ForgeOptions) -> Forge:
        """Which forge the options mean: some makers have two with different APIs."""

    def reached_urls(self, options: ForgeOptions) -> Iterator[tuple[str, str]]:
        """Option → where a person would open the repositories; names may hold wildcards."""
        address = forge_address(self.forge_of(options), options)
        yield from (("repository", f"{address}/{quote(name, safe='/*')}") for name in options.repository)

    def takes(self, options: ForgeOptions) -> tuple[Take, ...]:
        """What was asked for. Talk around code counts as code, as in arXiv 2408.10914; releases are text."""
        return tuple(Take(name, _FAMILIES.get(name, "code")) for name in options.take)

    def check(self, options: ForgeOptions, context: HarvestContext) -> None:
        """Raise ``InputError`` where the forge, the token or a repository cannot be used: a question a repository.

        Of several repositories one must be readable; the others are named in a warning, and left out.
        """
        forge = self.forge_of(options)
        check_code(options, context)
        if not options.asks:
            _check_kept(forge, options, context)
            return
        try:
            _check_forge(forge, options, context)
        except InputError as error:
            if not any(_is_kept(forge, options, context)):
                raise
            remedy = f"{error.remedy}; or say `update: never` to go on with what the last harvest brought"
            raise InputError(error.what, where=error.where, remedy=remedy) from error

    def estimate(self, options: ForgeOptions, context: HarvestContext) -> list[Estimate]:
        """What an update would ask for, from a handful of questions a repository."""
        forge = self.forge_of(options)
        if not options.asks:
            return []
        found = []
        with _client(forge, options, context) as client:
            for name in _names(forge, options, client):
                session = _session(client, forge, options, name)
                cursors = _cursors(place_of(forge, options, context, name))
                found += planned(forge, options, session, cursors)
        return found

    def update(self, options: ForgeOptions, context: HarvestContext) -> Mapping[str, Any]:
        """Ask the forge for everything that is new since the last update, repository by repository."""
        forge = self.forge_of(options)
        if options.replay:
            return _replay_all(forge, options, context)
        if not options.asks:
            return {"calls": 0}
        total = {"repositories": 0, "calls": 0, "points": 0, "changed": 0, "gone": 0}
        failed: list[Answered] = []
        with _client(forge, options, context) as client:
            names = _names(forge, options, client)
            remember_names(forge, options, context, names)
            for name in names:
                place = place_of(forge, options, context, name)
                try:
                    found, _, points = bring_up_to_date(
                        client, forge, options, place, context.emit, context.source
                    )
                except OutOfCalls as error:
                    _warn(context, f"{error.what}: the rest of {name} comes with the next harvest")
                    break
                except Answered as error:
                    failed.append(error)
                    _warn(
                        context,
                        f"{error.where}: {error.what}; {name} stays as it was. To put it right: {error.remedy}",
                    )
                    continue
                total["repositories"] += 1
                total["points"] += sum(points.values())
                total["changed"] += found.changed
                total["gone"] += found.gone
            total["calls"] = client.calls
        if failed and len(failed) == len(names):
            raise failed[0]
        return total

    def fingerprint(self, options: ForgeOptions, context: HarvestContext) -> Mapping[str, Any]:
        """Digests of what is kept of each repository."""
        forge = self.forge_of(options)
        digests = {}
        for name in remembered_names(forge, options, context):
            place = place_of(forge, options, context, name)
            if place.database.exists():
                with opened(place) as store:
                    digests[name] = store.digest
        return {"version": VERSION, "forge": forge_address(forge, options), "repositories": digests}

    def kept(self, options: ForgeOptions, context: HarvestContext) -> Iterator[Path]:
        """What the forge said of each repository, which ones there are, and the mirrors of their code."""
        yield from kept_of_source(self.forge_of(options), options, context)

    def harvest(self, options: ForgeOptions, context: HarvestContext) -> Iterator[Record | Skipped]:
        """Repository by repository, in the order of the recipe: requests with their reviews, issues, discussions, releases."""
        forge = self.forge_of(options)
        for name in remembered_names(forge, options, context):
            place = place_of(forge, options, context, name)
            if not place.database.exists():
                yield Skipped(what=name, reason="not_harvested", detail="no update has read it")
                continue
            with opened(place) as store:
                facts = facts_of(store)
                if facts is None:
                    yield Skipped(what=name, reason="not_harvested", detail="no update has read it")
                    continue
                code = open_code(options, facts, forge, _git_token(forge, options, context), context)
                reader = CodeReader(code, options, context.wanted, context.emit)
                assembler = Assembler(store, _identity(forge, facts), frozenset(options.take), reader)
                pace = Pace(context, f"records of {facts.name}")
                for record in assembler.records():
                    yield record
                    pace.step()
                pace.end()


def _client(forge: Forge, options: ForgeOptions, context: HarvestContext) -> Client:
    return forge_client(forge, options, folder=context.folder, emit=context.emit, source=context.source)


def _session(client: Client, forge: Forge, options: ForgeOptions, repository: str) -> ForgeSession:
    owner, name = forge.split(repository)
    session = ForgeSession(client, forge, options, owner=owner, name=name)
    session.authenticated = bool(options.token)
    return session


def _names(forge: Forge, options: ForgeOptions, client: Client) -> list[str]:
    """The repositories that the recipe means: those it names, and those that its patterns match."""
    found: list[str] = []
    for pattern in options.repository:
        if "*" not in pattern:
            found.append(pattern)
            continue
        matching = [
            name
            for name in forge.repositories(_session(client, forge, options, pattern))
            if fnmatch.fnmatchcase(name.lower(), pattern.lower())
        ]
        if not matching:
            raise InputError(
                f"no repository matches {pattern!r}",
                where=forge_address(forge, options),
                remedy="correct `repository`, or give a token that may see them",
            )
        found += sorted(matching, key=str.lower)
    return list(dict.fromkeys(found))


def _check_forge(forge: Forge, options: ForgeOptions, context: HarvestContext) -> None:
    with _client(forge, options, context) as client:
        names = _names(forge, options, client)
        errors = []
        for name in names:
            try:
                forge.facts(_session(client, forge, options, name))
            except Answered as answer:
                errors.append(answer)
        if errors and len(errors) == len(names):
            raise errors[0]
        for error in errors:
            _warn(context, f"{error.where}: {error.what}; it is left out. To put it right: {error.remedy}")


def _is_kept(forge: Forge, options: ForgeOptions, context: HarvestContext) -> Iterator[bool]:
    """Whether something is kept of each repository."""
    for name in remembered_names(forge, options, context):
        yield place_of(forge, options, context, name).database.exists()


def _check_kept(forge: Forge, options: ForgeOptions, context: HarvestContext) -> None:
    for name in remembered_names(forge, options, context):
        if not place_of(forge, options, context, name).folder.exists():
            raise InputError(
                f"nothing of {name} was harvested before",
                where=str(context.store),
                remedy="harvest it once without `replay` and with `update: always`",
            )


def _replay_all(forge: Forge, options: ForgeOptions, context: HarvestContext) -> Mapping[str, Any]:
    names = remembered_names(forge, options, context)
    for name in names:
        replay(forge, options, place_of(forge, options, context, name), context.emit, context.source)
    return {"repositories": len(names), "calls": 0}


def _cursors(place: Place) -> dict[str, Any]:
    if not place.database.exists():
        return {}
    with opened(place) as store:
        return store.cursors()


def _identity(forge: Forge, facts: Facts) -> Identity:
    named = identity_of_url(facts.clone_url) or facts.name
    return Identity(forge.name, named, facts.name)


def _git_token(forge: Forge, options: ForgeOptions, context: HarvestContext) -> Callable[[], str | None]:
    """The first token's value, when git first needs it: a harvest of what is all here needs none."""

    def read() -> str | None:
        if not options.token:
            return None
        from cooldown_connectors.http.clock import SystemClock
        from cooldown_connectors.http.connection import Connecting

        address = forge_address(forge, options)
        tokens = forge_tokens(
            options, context.folder, address, Connecting(proxy=options.proxy), SystemClock()
        )
        return tokens[0].value() if tokens else None

    return read


def _warn(context: HarvestContext, text: str) -> None:
    context.emit(Message(stage=STAGE, level="warning", text=f"{context.source}: {text}"))
