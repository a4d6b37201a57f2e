"""What one process of the service shares: settings, database, artefacts, and the hub that tells streams of news."""

from __future__ import annotations

from dataclasses import dataclass, field

from cooldown_api.artefacts import ArtefactStore
from cooldown_api.auth.callers import Callers
from cooldown_api.database.engine import Database
from cooldown_api.database.migrate import prepare_database
from cooldown_api.hub import Hub
from cooldown_api.settings import Settings


@dataclass(frozen=True)
class Service:
    """Made once per process, before the first request."""

    settings: Settings
    database: Database
    artefacts: ArtefactStore
    hub: Hub
    callers: Callers = field(init=False, repr=False)
    """What this process remembers of who asks."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "callers", Callers(self.settings))

    @classmethod
    def open(cls, settings: Settings) -> Service:
        """Connect, bring the schema up to date (or refuse an old one), and make the default project.

        Raises :class:`~cooldown_kit.errors.StorageError` where the database cannot be had or its schema is not this version's.
        """
        database = Database(settings.url)
        prepare_database(database, settings)
        return cls(settings, database, ArtefactStore(settings.artefacts_url), Hub(database))

    def close(self) -> None:
        self.hub.close()
        self.database.close()
