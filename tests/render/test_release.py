"""Releases as Markdown."""

from __future__ import annotations

import msgspec

from cooldown_kit.documents import Document
from cooldown_kit.records import Release
from cooldown_kit.render.origin import NotRendered, Origin
from cooldown_kit.render.release import render_release


def text(record: Release, origin: Origin) -> str:
    document = render_release(record, origin)
    assert isinstance(document, Document)
    return document.text


def test_neither_signature_nor_trailers_are_shown(release: Release, origin: Origin) -> None:
    shown = text(release, origin)
    assert "SIGNATURE" not in shown
    assert "iQEz" not in shown
    assert "Signed-off-by" not in shown
    assert "ann.berg" not in shown


def test_notes_that_stand_in_the_tag_as_well_are_said_once(release: Release, origin: Origin) -> None:
    same = msgspec.structs.replace(release, message="Payments are split half to even (#413).\n")
    assert text(same, origin).count("half to even (#413)") == 1


def test_a_release_that_says_nothing_is_not_rendered(release: Release, origin: Origin) -> None:
    bare = msgspec.structs.replace(release, message="", notes=None, subjects=[])
    assert render_release(bare, origin) == NotRendered("empty_release")
    first = msgspec.structs.replace(bare, subjects=["Begin"], previous=None, subjects_left_out=0)
    assert text(first, origin) == "# Release v2.3.0 of ledger\n\nChanges:\n\n- Begin\n"


def test_document_tells_where_and_when_it_is_from(release: Release, origin: Origin) -> None:
    document = render_release(release, origin)
    assert isinstance(document, Document)
    assert (document.kind, document.layout, document.title, document.revision) == (
        "release",
        "release",
        "v2.3.0",
        "9c1f0e",
    )
    assert document.time == release.released_at
    assert document.authors == [origin.hash_author("ann.berg@bank.example")]
    assert document.signals["commits"] == 4
    assert render_release(msgspec.structs.replace(release, tagger=None), origin).authors == []


def test_a_subject_that_was_written_often_is_said_once(release: Release, origin: Origin) -> None:
    noisy = msgspec.structs.replace(release, subjects=["empty commit", "Fix it", "empty commit"])
    assert "- empty commit (2 times)\n- Fix it\n" in text(noisy, origin)


def test_the_title_of_a_forge_stands_where_it_says_more_than_the_tag(
    forge_release: Release, origin: Origin
) -> None:
    assert text(forge_release, origin).startswith(
        "# Release v2.3.0 of acme/ledger: The quarter's release\n\n"
    )
    for name in ("v2.3.0", "Release 2.3.0", "acme/ledger v2.3.0", "", None):
        plain = msgspec.structs.replace(forge_release, name=name)
        assert text(plain, origin).startswith("# Release v2.3.0 of acme/ledger\n\n")


def test_a_release_of_a_forge_tells_where_it_is_and_who_made_it(
    forge_release: Release, origin: Origin
) -> None:
    document = render_release(forge_release, origin)
    assert isinstance(document, Document)
    assert document.url == forge_release.url
    assert document.authors == [origin.hash_author("github:ann-berg")]
    assert document.signals["prerelease"] == 0
    beta = render_release(msgspec.structs.replace(forge_release, prerelease=True), origin)
    assert isinstance(beta, Document)
    assert beta.signals["prerelease"] == 1
