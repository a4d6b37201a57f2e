"""What one process remembers of callers for a few seconds, so that a busy client costs no query a request."""

from __future__ import annotations

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from cooldown_api.auth.identity import Identity

_SECONDS: Final = 5.0
"""How long a key that was revoked in another process may live on here."""
_GOOD_SECONDS: Final = 3600.0
_MOST: Final = 10_000
_USED_SECONDS: Final = 60.0


class KnownCallers:
    """Identities by the digest of what was shown for them. Safe for threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._found: OrderedDict[str, tuple[Identity, float]] = OrderedDict()
        self._good: OrderedDict[str, float] = OrderedDict()
        self._projects: dict[str, float] = {}
        self._used: OrderedDict[str, float] = OrderedDict()
        self._generation = 0

    @property
    def generation(self) -> int:
        """Read before the question to the database, and given to :meth:`remember` with its answer."""
        return self._generation

    def get(self, credential: str) -> Identity | None:
        digest = digest_of(credential)
        with self._lock:
            found = self._found.get(digest)
            if found is None:
                return None
            identity, until = found
            over = identity.expires_at is not None and datetime.now(UTC) >= identity.expires_at
            if over or self._clock() >= until:
                del self._found[digest]
                return None
            return identity

    def remember(self, credential: str, identity: Identity, generation: int) -> None:
        """Keep an answer, unless something was forgotten since the question: then it may be out of date."""
        with self._lock:
            digest = digest_of(credential)
            self._good[digest] = self._clock() + _GOOD_SECONDS
            self._good.move_to_end(digest)
            while len(self._good) > _MOST:
                self._good.popitem(last=False)
            if generation != self._generation:
                return
            self._found[digest] = (identity, self._clock() + _SECONDS)
            while len(self._found) > _MOST:
                self._found.popitem(last=False)

    def was_good(self, credential: str) -> bool:
        """Whether it was valid within the last hour. It may have been revoked since: this is no answer, but a reason to ask."""
        with self._lock:
            return self._good.get(digest_of(credential), 0.0) > self._clock()

    def forget_all(self) -> None:
        """After a key was revoked, a session ended or a project went: this process asks again at once."""
        with self._lock:
            self._generation += 1
            self._found.clear()
            self._projects.clear()

    def is_project(self, project: str, ask: Callable[[str], bool]) -> bool:
        """Whether there is such a project."""
        with self._lock:
            generation = self._generation
            if self._projects.get(project, 0.0) > self._clock():
                return True
        if not ask(project):
            return False
        with self._lock:
            if generation == self._generation and len(self._projects) < _MOST:
                self._projects[project] = self._clock() + _SECONDS
        return True

    def use_is_due(self, key_id: str) -> bool:
        """Whether the use of a key is to be noted now: once a minute, however often it is used."""
        with self._lock:
            now = self._clock()
            if now - self._used.get(key_id, -_USED_SECONDS) < _USED_SECONDS:
                return False
            self._used[key_id] = now
            self._used.move_to_end(key_id)
            while len(self._used) > _MOST:
                self._used.popitem(last=False)
            return True


def digest_of(credential: str) -> str:
    """Credentials are never kept in clear, not even in memory for longer than a request."""
    return hashlib.sha256(credential.encode("utf-8", "surrogatepass")).hexdigest()
