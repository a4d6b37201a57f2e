"""The forge that ``docs/connectors/write-a-forge.md`` shows is complete: one file, and it has all that the others have."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cooldown_kit import connector as connectors
from cooldown_kit.records import CodeReview, PullRequest
from fake_forge.harvesting import harvest
from fake_forge.server import Asked, FakeForge, Told, link_header, routed

PAGE = Path(__file__).parents[3] / "docs/connectors/write-a-forge.md"


class ShelfFront:
    """Shelf itself: seven changes, each with a remark of its own and one on a line."""

    def __init__(self) -> None:
        self.changes = {number: f"2026-03-0{number}T09:00:00Z" for number in range(1, 8)}
        self.removed: set[int] = set()

    def answer(self, asked: Asked) -> Told:
        path = "/api/code/acme/payments"
        return routed(
            [
                (
                    path,
                    lambda asked: Told(
                        {"name": "acme/payments", "clone": "https://shelf.example/acme/payments"}
                    ),
                ),
                (f"{path}/changes", self._list),
                (rf"{path}/changes/(\d+)/remarks", self._remarks),
            ],
            asked,
        )

    def _list(self, asked: Asked) -> Told:
        found = [(t, n) for n, t in self.changes.items() if t >= asked.query.get("since", "")]
        size, page = asked.number("per_page", 30), asked.number("page", 1)
        items = [self._change(n, t) for t, n in sorted(found)]
        headers = link_header(asked, page, max(1, -(-len(items) // size))) | {
            "X-Total-Count": str(len(items))
        }
        return Told(items[(page - 1) * size : page * size], headers=headers)

    def _change(self, number: int, changed: str) -> dict[str, Any]:
        return {
            "id": number,
            "title": f"Change {number}",
            "why": "Because.",
            "author": "ann",
            "made": changed,
            "changed": changed,
            "taken": changed if number % 2 else None,
            "head": f"{number:040x}",
        }

    def _remarks(self, asked: Asked, number: str) -> Told:
        at = {"at": "2026-03-09T09:00:00Z", "author": "jo"}
        remarks = [
            {**at, "id": 1, "text": "Looks right."},
            {
                **at,
                "id": 2,
                "text": "Why here?",
                "file": "src/ledger.py",
                "line": 7,
                "seen": f"{int(number):040x}",
            },
        ]
        return Told({"remarks": [r for r in remarks if not (r["id"] == 1 and int(number) in self.removed)]})


def block(language: str) -> str:
    found = re.findall(
        rf"^```{language}\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    assert len(found) == 1
    return found[0]


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The documented file, in a package with the documented entry point."""
    site = tmp_path / "site"
    (site / "shelf_forge-1.dist-info").mkdir(parents=True)
    source = block("python").replace("SIZE = 50", "SIZE = 2")  # so that there are several pages
    (site / "shelf_forge.py").write_text(source, encoding="utf-8")
    entry = block("toml").replace(
        '[project.entry-points."cooldown_kit.connectors"]', "[cooldown_kit.connectors]"
    )
    (site / "shelf_forge-1.dist-info/entry_points.txt").write_text(entry.replace('"', ""))
    (site / "shelf_forge-1.dist-info/METADATA").write_text(
        "Metadata-Version: 2.1\nName: shelf-forge\nVersion: 1\n"
    )
    monkeypatch.syspath_prepend(str(site))
    for cached in (connectors.installed, connectors.find):
        cached.cache_clear()
    yield connectors.find("shelf")
    for cached in (connectors.installed, connectors.find):
        cached.cache_clear()


def test_the_documented_forge_gives_records_like_any_other(shelf: Any, tmp_path: Path) -> None:
    front = ShelfFront()
    with FakeForge(front) as fake:
        found = harvest(shelf, fake.url, tmp_path)
        requests = [one for one in found.records if isinstance(one, PullRequest)]
        assert [(one.number, one.title, one.merged) for one in requests] == [
            (number, f"Change {number}", number % 2 == 1) for number in range(1, 8)
        ]
        assert [one.comments[0].text for one in requests] == ["Looks right."] * 7
        reviews = [one for one in found.records if isinstance(one, CodeReview)]
        assert [(one.number, one.thread.anchor.line) for one in reviews if one.thread.anchor] == [
            (number, 7) for number in range(1, 8)
        ]
        assert all("authorization" in asked.headers for asked in fake.asked)

        front.changes[3] = "2026-03-11T09:00:00Z"
        front.removed.add(3)
        asked = len(fake.asked)
        again = harvest(shelf, fake.url, tmp_path)
    assert [len(one.comments) for one in again.records if isinstance(one, PullRequest)] == [
        1,
        1,
        0,
        1,
        1,
        1,
        1,
    ]
    assert [a.path for a in fake.asked[asked:]] == [
        "/api/code/acme/payments",
        "/api/code/acme/payments/changes",
        "/api/code/acme/payments/changes/3/remarks",
    ]


def test_the_documented_forge_survives_being_stopped_at_every_call(shelf: Any, tmp_path: Path) -> None:
    with FakeForge(ShelfFront()) as fake:
        whole = harvest(shelf, fake.url, tmp_path / "whole")
        calls = len(fake.asked)
        for call in range(1, calls):
            harvest(shelf, fake.url, tmp_path / f"{call}", max_calls=call)
            assert harvest(shelf, fake.url, tmp_path / f"{call}").records == whole.records


def test_its_options_refuse_what_shelf_has_not(shelf: Any) -> None:
    good = {"connector": "shelf", "url": "https://shelf.acme.example", "repository": "acme/payments"}
    assert shelf.Options.model_validate(good).take == ("pull_requests", "reviews")
    with pytest.raises(ValueError, match="Shelf has no `issues`"):
        shelf.Options.model_validate({**good, "take": ["issues"]})
    with pytest.raises(ValueError, match="team/name"):
        shelf.Options.model_validate({**good, "repository": "a/b/c"})
