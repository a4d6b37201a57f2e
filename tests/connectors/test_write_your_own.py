"""The connector that ``docs/connectors/index.md`` shows is complete: it is installed and found like any other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cooldown_kit import connector as connectors
from cooldown_kit.connector import Connector, HarvestContext, Take
from cooldown_kit.errors import InputError
from cooldown_kit.events import ignore
from cooldown_kit.records import Skipped, TextPage

PAGE = Path(__file__).parents[2] / "docs/connectors/index.md"


def block(language: str) -> str:
    found = re.findall(
        rf"^```{language}\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    assert len(found) == 1
    return found[0]


@pytest.fixture
def notes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Connector]:
    """The documented module, in a package with the documented entry point."""
    (tmp_path / "site/meeting_notes-1.dist-info").mkdir(parents=True)
    (tmp_path / "site/meeting_notes.py").write_text(block("python"), encoding="utf-8")
    entry = (
        block("toml")
        .replace('[project.entry-points."cooldown_kit.connectors"]', "[cooldown_kit.connectors]")
        .replace('"', "")
    )
    (tmp_path / "site/meeting_notes-1.dist-info/entry_points.txt").write_text(entry)
    (tmp_path / "site/meeting_notes-1.dist-info/METADATA").write_text(
        "Metadata-Version: 2.1\nName: meeting-notes\nVersion: 1\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    for cached in (connectors.installed, connectors.find):
        cached.cache_clear()
    yield connectors.find("notes")
    for cached in (connectors.installed, connectors.find):
        cached.cache_clear()


def test_the_documented_connector_is_found_and_harvests(notes: Connector, tmp_path: Path) -> None:
    context = HarvestContext(source="meetings", folder=tmp_path, store=tmp_path, emit=ignore)
    options = notes.Options.model_validate({"connector": "notes", "folder": "notes"})
    assert notes.takes(options) == (Take("meetings", "text"),)
    with pytest.raises(InputError, match="there are no notes"):
        notes.check(options, context)

    (tmp_path / "notes").mkdir()
    (tmp_path / "notes/2026-03-02 Retrospective.txt").write_text("We ship.\n")
    (tmp_path / "notes/undated.txt").write_text("x")
    notes.check(options, context)
    page, skipped = notes.harvest(options, context)
    assert isinstance(page, TextPage)
    assert (page.title, page.text, page.time) == (
        "Retrospective",
        "We ship.\n",
        datetime(2026, 3, 2, tzinfo=UTC),
    )
    assert isinstance(skipped, Skipped)
    assert skipped.what == "undated.txt"
    before = notes.fingerprint(options, context)
    (tmp_path / "notes/2026-03-03 Planning.txt").write_text("y")
    assert notes.fingerprint(options, context) != before
