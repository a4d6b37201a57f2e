"""One repository of a forge in the workspace: its store, its archive, and how the one is brought up to date or made from the other."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec

from cooldown_connectors.forge.code.open import kept_of_code
from cooldown_connectors.forge.options import ForgeOptions
from cooldown_connectors.forge.planning import planned, summed
from cooldown_connectors.forge.protocol import Facts, Forge
from cooldown_connectors.forge.session import ForgeSession, forge_address
from cooldown_connectors.forge.store import Store, read_fact
from cooldown_connectors.forge.sync import Synchronised, Synchroniser
from cooldown_connectors.git.store import locked
from cooldown_connectors.http.archive import Recording, Replay, archived
from cooldown_connectors.http.client import Client
from cooldown_connectors.http.errors import Answered, ArchiveEnds
from cooldown_kit.connector import HarvestContext
from cooldown_kit.errors import InputError
from cooldown_kit.events import Emit, Message
from cooldown_kit.store import keep
from cooldown_kit.workspace import digest_of, write_whole

STAGE: Final = "harvest"


class _Settings(msgspec.Struct, frozen=True):
    """Under which options an archived harvest was made: a replay asks the same questions under the same."""

    takes: list[str]
    since: datetime | None
    authenticated: bool


@dataclass(frozen=True)
class Place:
    """Where things of one repository are, in the workspace's private store."""

    folder: Path
    owner: str
    name: str
    address: str
    """Of the forge."""

    @property
    def database(self) -> Path:
        return self.folder / "store.db"

    @property
    def archive(self) -> Path:
        return self.folder / "archive"

    @property
    def full_name(self) -> str:
        return f"{self.owner}/{self.name}"


def place_of(forge: Forge, options: ForgeOptions, context: HarvestContext, repository: str) -> Place:
    """The place of ``owner/name``: by the forge's address and the name, so that two recipes share what was read."""
    owner, name = forge.split(repository)
    key = digest_of([forge.name, forge_address(forge, options), repository.lower()])[:16]
    plain = "".join(c if c.isalnum() or c in "-_." else "-" for c in name)[:40]
    folder = context.store / "forge" / f"{forge.name}-{plain}-{key}"
    return Place(folder, owner, name, forge_address(forge, options))


@contextmanager
def opened(place: Place) -> Iterator[Store]:
    """The store, for one process at a time."""
    _keep(place)
    with locked(place.folder), Store(place.database) as store:
        yield store


def _keep(place: Place, calls: int = 0) -> None:
    what = f"{place.full_name} at {place.address}: requests, issues and all else that its API told"
    keep(place.folder, what=what, again="asking its API again, question by question", calls=calls)


@contextmanager
def _keeping(place: Place, client: Client) -> Iterator[None]:
    """Count what the store took, however the update ends."""
    _keep(place)
    before = client.calls
    try:
        yield
    finally:
        _keep(place, client.calls - before)


def facts_of(store: Store) -> Facts | None:
    """What the forge said of the repository itself; ``None`` before the first update."""
    found = store.fact("facts")
    return None if found is None else Facts(**found)


def bring_up_to_date(
    client: Client, forge: Forge, options: ForgeOptions, place: Place, emit: Emit, source: str
) -> tuple[Synchronised, dict[str, int], dict[str, int]]:
    """Ask the forge for what is new; returns what was found, and calls and points by stream.

    Raises what the session raises. A store that another version of the kit wrote is made anew from the archive first.
    """
    with locked(place.folder, emit), _keeping(place, client):
        _make_current(forge, options, place, emit, source)
        with Store(place.database) as store:
            expected = _plan(client, forge, options, place, store, emit, source)
            asking: Client | Recording = client
            if options.archive:
                asking = Recording(client, place.archive)
                settings = _Settings(list(options.take), options.earliest, bool(options.token))
                write_whole(_settings_of(asking.path), msgspec.json.encode(settings), 0o600)
            with _session(asking, forge, options, place, store) as session:
                session.authenticated = bool(options.token)
                session.stream = "repository"
                facts = forge.facts(session)
                store.put_fact("facts", _as_dict(facts))
                found = _synchronise(forge, session, store, options, emit, source, expected)
                return found, session.counted.calls, session.counted.points


def replay(forge: Forge, options: ForgeOptions, place: Place, emit: Emit, source: str) -> Synchronised:
    """Make the store anew from the archive alone. Raises ``InputError`` where there is no archive."""
    with locked(place.folder, emit):
        _keep(place)
        return _replay(forge, options, place, emit, source)


def _replay(forge: Forge, options: ForgeOptions, place: Place, emit: Emit, source: str) -> Synchronised:
    sessions = archived(place.archive)
    if not sessions:
        raise InputError(
            f"there is no archive of {place.full_name}",
            where=source,
            remedy="harvest it once with `archive: true` and without `replay`",
        )
    beside = place.database.with_name("replayed.db")
    _remove(beside)
    found = Synchronised()
    with Store(beside) as store:
        for path in sessions:
            session = _session(Replay(path), forge, options, place, store)
            settings = _read_settings(path)
            session.takes, session.since = frozenset(settings.takes), settings.since
            session.authenticated = settings.authenticated
            with session:
                try:
                    store.put_fact("facts", _as_dict(forge.facts(session)))
                    found = _synchronise(forge, session, store, options, emit, source)
                except ArchiveEnds:  # here that harvest was stopped; the next one went on from the cursor
                    continue
    _remove(place.database)
    beside.rename(place.database)
    return found


def _make_current(forge: Forge, options: ForgeOptions, place: Place, emit: Emit, source: str) -> None:
    """Set a store aside that this version cannot read, and make it anew from the archive where there is one."""
    if not place.database.exists():
        return
    with Store(place.database) as store:
        if store.current:
            return
    how = "made anew from the archive" if archived(place.archive) else "asked for anew"
    text = f"{source}: what is kept of {place.full_name} is of another version of the kit, and is {how}"
    emit(Message(stage=STAGE, text=text))
    _remove(place.database)
    if archived(place.archive):
        _replay(forge, options, place, emit, source)


def _session(
    asking: Client | Recording | Replay, forge: Forge, options: ForgeOptions, place: Place, store: Store
) -> ForgeSession:
    return ForgeSession(asking, forge, options, owner=place.owner, name=place.name, etags=store)


def _synchronise(
    forge: Forge,
    session: ForgeSession,
    store: Store,
    options: ForgeOptions,
    emit: Emit,
    source: str,
    expected: int | None = None,
) -> Synchronised:
    concurrency = options.concurrency
    return Synchroniser(
        forge, session, store, emit, source=source, concurrency=concurrency, expected=expected
    ).run()


def _plan(
    client: Client, forge: Forge, options: ForgeOptions, place: Place, store: Store, emit: Emit, source: str
) -> int | None:
    """Say what a first harvest will take, and return its calls; later ones are short, and ask for nothing beside what is new.

    Its questions go past the archive: a replay asks none of them. Where calls are counted out they are for the harvest itself.
    """
    if store.cursors() or options.max_calls is not None:
        return None
    session = ForgeSession(client, forge, options, owner=place.owner, name=place.name)
    session.authenticated = bool(options.token)
    try:
        estimates = planned(forge, options, session, {})
    except Answered:  # whatever is wrong is said where it matters
        return None
    emit(Message(stage=STAGE, text=f"{source}: {place.full_name} will take {summed(estimates)}"))
    return sum(one.calls for one in estimates)


def _settings_of(archive: Path) -> Path:
    return archive.with_suffix(".json")


def _read_settings(archive: Path) -> _Settings:
    try:
        return msgspec.json.decode(_settings_of(archive).read_bytes(), type=_Settings)
    except (OSError, msgspec.DecodeError) as error:
        raise InputError(
            f"the archive's settings cannot be read ({error})",
            where=str(_settings_of(archive)),
            remedy="harvest once more without `replay`",
        ) from error


def _as_dict(facts: Facts) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(facts.__dict__))
    return found


def _remove(database: Path) -> None:
    """A database and what SQLite keeps beside it."""
    for suffix in ("", "-wal", "-shm"):
        database.with_name(database.name + suffix).unlink(missing_ok=True)


def names_file(forge: Forge, options: ForgeOptions, context: HarvestContext) -> Path:
    """Which repositories the recipe's patterns meant at the last update."""
    key = digest_of([forge.name, forge_address(forge, options), list(options.repository)])[:16]
    return context.store / "forge" / f"{forge.name}-repositories-{key}.json"


def remember_names(
    forge: Forge, options: ForgeOptions, context: HarvestContext, names: Sequence[str]
) -> None:
    """Which repositories the recipe's patterns mean now."""
    path = names_file(forge, options, context)
    patterns = ", ".join(options.repository)
    what = f"which repositories {patterns} meant at {forge_address(forge, options)}"
    keep(path, what=what, again="nothing: every update asks for it")
    write_whole(path, json.dumps(names), 0o600)


def kept_of_source(forge: Forge, options: ForgeOptions, context: HarvestContext) -> Iterator[Path]:
    """What of the store these options read. Asks nobody."""
    yield names_file(forge, options, context)
    for name in remembered_names(forge, options, context):
        place = place_of(forge, options, context, name)
        yield place.folder
        facts = read_fact(place.database, "facts") if place.database.exists() else None
        if facts is not None:
            yield from kept_of_code(options, Facts(**facts), context)


def remembered_names(forge: Forge, options: ForgeOptions, context: HarvestContext) -> Sequence[str]:
    """The repositories of the last update; those that the recipe names itself where there was none."""
    path = names_file(forge, options, context)
    if any("*" in name for name in options.repository) and path.exists():
        return [str(name) for name in json.loads(path.read_text())]
    return [name for name in options.repository if "*" not in name]
