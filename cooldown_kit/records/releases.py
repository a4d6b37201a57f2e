"""Releases: tags and what is said of them."""

from __future__ import annotations

from datetime import datetime

import msgspec

from cooldown_kit.records.people import Person


class Release(msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="release"):
    """A tag and what it released."""

    id: str
    """Stable: ``{repository}@refs/tags/{tag}``."""
    take: str
    repository: str
    tag: str
    revision: str | None
    """The commit that it names; ``None`` where a forge names a branch only."""
    message: str
    """The annotated tag's own message: release notes where the project keeps them there; empty for a lightweight tag."""
    tagger: Person | None
    released_at: datetime
    """The tagger's time; of a lightweight tag the commit's; on a forge when it was published."""
    previous: str | None
    """The release before it on the way back through history."""
    notes: str | None
    """The part of the changelog file at that commit that speaks of this version, or the notes that the forge has; ``None`` where there are none."""
    subjects: list[str]
    """First lines of the commits since the previous release, newest first, merges left out."""
    subjects_left_out: int = 0
    forge: str = ""
    """The connector of the forge that it was read from; empty where git alone was asked."""
    name: str | None = None
    """The title that the forge shows."""
    prerelease: bool = False
    url: str | None = None
