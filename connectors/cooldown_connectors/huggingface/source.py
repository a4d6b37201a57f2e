"""One data set as a source: its commit, what that holds, and its files, from the workspace where they are and else from the hub."""

from __future__ import annotations

import difflib
import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Final, Literal, Self

from cooldown_connectors.credentials.tokens import token_of
from cooldown_connectors.huggingface.cache import Cache
from cooldown_connectors.huggingface.errors import Answered, Unreachable, refused, unreachable
from cooldown_connectors.huggingface.hub import Hub
from cooldown_connectors.huggingface.listing import CARD, Listing, RemoteFile
from cooldown_connectors.huggingface.options import HuggingFaceOptions
from cooldown_kit.connector import HarvestContext
from cooldown_kit.errors import InputError, StorageError
from cooldown_kit.events import Message, Progress

STAGE: Final = "harvest"
_COMMIT = re.compile(r"[0-9a-f]{40}")
_MOST_CARD: Final = 4 << 20
_PROGRESS_SECONDS: Final = 0.5
_SPARE: Final = 64 << 20
"""Bytes of disk that are left alone."""


class Source:
    """A context manager: connections are opened when first needed, and closed at its end."""

    def __init__(self, options: HuggingFaceOptions, context: HarvestContext) -> None:
        self.options = options
        self._context = context
        self._cache = Cache(context.store, options.endpoint, options.dataset)
        self._opened: Hub | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if self._opened is not None:
            self._opened.__exit__(*error)

    @property
    def where(self) -> str:
        """The place for messages."""
        return f"data set {self.options.dataset} ({self.options.revision})"

    @property
    def page(self) -> str:
        """The set's page on the hub."""
        return f"{self.options.endpoint}/datasets/{self.options.dataset}"

    def commit(self, *, again: bool) -> str:
        """The commit that the revision names: ``again`` asks the hub, else what it said last is enough.

        Raises :class:`InputError` where neither knows it.
        """
        revision, offline = self.options.revision, self.options.offline
        if _COMMIT.fullmatch(revision):
            return revision
        known = self._cache.commit(revision)
        if known is not None and (self._is_offline or not again):
            return known
        try:
            with self._asking() as hub:
                commit = hub.commit(self.options.dataset, revision)
        except Unreachable as error:
            if known is None or offline is False:
                raise unreachable(error, self.where) from error
            self._say(
                "warning",
                f"the hub cannot be reached ({error.reason}): {revision} is read as it was, at {known[:12]}",
            )
            return known
        except Answered as error:
            raise self._unknown(error) from error
        self._cache.keep_commit(revision, commit)
        return commit

    def listing(self, commit: str) -> Listing:
        """What a commit holds. Raises :class:`InputError`."""
        known = self._cache.listing(commit)
        if known is not None:
            return known
        try:
            with self._asking() as hub:
                files = sorted(hub.tree(self.options.dataset, commit), key=lambda file: file.path)
                card = next((file for file in files if file.path == CARD), None)
                text = (
                    hub.part(self.options.dataset, commit, card, 0, _MOST_CARD) if card and card.size else b""
                )
        except Unreachable as error:
            raise unreachable(error, self.where) from error
        except Answered as error:
            raise self._unknown(error) from error
        listing = Listing(commit=commit, files=files, card=text.decode("utf-8", "replace"))
        self._cache.keep_listing(listing)
        return listing

    def local(self, file: RemoteFile) -> Path | None:
        """Where a file's bytes are, if they are here."""
        return self._cache.path(file) if self._cache.holds(file) else None

    def part(self, commit: str, file: RemoteFile, start: int, size: int) -> bytes:
        """So many bytes of a file that need not be here. Raises :class:`InputError`."""
        try:
            with self._asking() as hub:
                return hub.part(self.options.dataset, commit, file, start, size)
        except Unreachable as error:
            raise unreachable(error, self.where) from error
        except Answered as error:
            raise self._refused(error) from error

    def fetched(self, commit: str, file: RemoteFile) -> Path:
        """The bytes of a file, brought here if they are not. Raises :class:`InputError` or ``StorageError``."""
        if self._cache.holds(file):
            return self._cache.path(file)
        with self._cache.fetching():
            for _ in range(2):  # a download that went wrong on the way is tried once more, from its beginning
                if self._cache.holds(file):  # another run has brought it meanwhile
                    return self._cache.path(file)
                self._fetch(commit, file)
                if self._cache.publish(file):
                    return self._cache.path(file)
        raise InputError(
            f"{file.path} arrived damaged, twice: its bytes are not those that the commit names",
            where=self.where,
            remedy="a proxy or mirror may change what it passes on: check `endpoint`, or run it again later",
        )

    def _fetch(self, commit: str, file: RemoteFile) -> None:
        partial = self._cache.partial(file)
        held = partial.stat().st_size if partial.exists() else 0
        free = shutil.disk_usage(partial.parent).free
        if file.size - held > max(free - _SPARE, 0):
            raise StorageError(
                f"{file.path} needs {file.size - held:,} bytes, and {free:,} are free",
                where=str(partial.parent),
                remedy="free some space, set another `workspace`, or take less with `limit` or `files`",
            )
        told = time.monotonic()

        def on_bytes(size: int) -> None:
            nonlocal told
            if time.monotonic() - told > _PROGRESS_SECONDS:
                detail = f"{self._context.source}: fetching {file.path}"
                self._context.emit(
                    Progress(stage=STAGE, detail=detail, done=size, total=file.size, unit="bytes")
                )
                told = time.monotonic()

        if file.size == 0:
            partial.touch()
            return
        try:
            with self._asking() as hub:
                hub.fetch(self.options.dataset, commit, file, partial, on_bytes)
        except Unreachable as error:
            raise unreachable(error, f"{self.where}, {file.path}") from error
        except Answered as error:
            raise self._refused(error) from error

    @property
    def _is_offline(self) -> bool:
        if self.options.offline == "auto":
            return os.environ.get("HF_HUB_OFFLINE", "").lower() in ("1", "on", "yes", "true")
        return self.options.offline

    @cached_property
    def _token(self) -> str | None:
        if self.options.token is None:
            return None
        return token_of(
            self.options.token, folder=self._context.folder, address=self.options.endpoint
        ).value()

    @contextmanager
    def _asking(self) -> Iterator[Hub]:
        if self._is_offline:
            raise Unreachable("it is not asked: `offline` is set")
        if self._opened is None:
            self._opened = Hub(self.options.endpoint, self._token, wait=self._waited)
        yield self._opened

    def _waited(self, seconds: float, why: str) -> None:
        if seconds > 1:
            self._say("info", f"the hub: {why}; trying again in {seconds:.0f} s")
        time.sleep(seconds)

    def _refused(self, error: Answered) -> InputError:
        return refused(error, self.where, self.page, with_token=self._token is not None)

    def _unknown(self, error: Answered) -> InputError:
        """For a revision that the hub does not give; with the nearest one where it is the revision that is wrong."""
        if error.code != "RevisionNotFound":
            return self._refused(error)
        try:
            with self._asking() as hub:
                names = hub.references(self.options.dataset)
        except (Unreachable, Answered):
            names = []
        near = difflib.get_close_matches(self.options.revision, names, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]!r}? " if near else ""
        known = f"it has {', '.join(names[:20])}" if names else f"see {self.page}"
        return InputError(
            f"the set has no revision {self.options.revision!r}",
            where=f"data set {self.options.dataset}",
            remedy=f"{hint}Set `revision` to a branch, a tag or a whole commit; {known}",
        )

    def _say(self, level: Literal["info", "warning"], text: str) -> None:
        self._context.emit(Message(stage=STAGE, level=level, text=f"{self._context.source}: {text}"))
