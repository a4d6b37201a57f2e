"""Releases from tags: which are taken, what they say, and what came before."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from cooldown_connectors.git.refs import list_references, local_place
from cooldown_connectors.git.releases import read_releases

from cooldown_kit.records import Person, Release, Skipped


@pytest.fixture
def releases(history_of):
    def read(repository, tip="main", **limits):
        git, history = history_of(repository, repository.text("rev-parse", tip))
        asking = type(git)(git.home, protocols=("file",))
        tags = list_references(asking, local_place(git.directory), 30).tags
        graph = history.graph
        number = graph.find(repository.text("rev-parse", tip))
        items = list(read_releases("acme/pay", git, graph, history.entry, number, tags, **limits))
        skipped = [(item.what, item.reason) for item in items if isinstance(item, Skipped)]
        return {item.tag: item for item in items if isinstance(item, Release)}, skipped

    return read


def signed(repository, name, message):
    """A tag with a signature below its message, as git stores it."""
    commit = repository.text("rev-parse", "HEAD")
    head = f"object {commit}\ntype commit\ntag {name}\ntagger Eve Roe <eve@example.org> 1600000000 +0200\n\n"
    made = repository.git("hash-object", "-t", "tag", "-w", "--stdin", stdin=head.encode() + message)
    repository.git("update-ref", f"refs/tags/{name}", made.decode().strip())


def test_an_annotated_tag_has_its_message_tagger_time_and_what_the_changelog_says(repository, releases):
    repository.write("CHANGELOG.md", "# Changes\n\n## 1.0.0\n\n- first\n")
    repository.commit("first")
    repository.git("tag", "v1.0.0")
    repository.write(
        "CHANGELOG.md", "# Changes\n\n## [1.1.0] - 2020-09-20\n\n- rounds up\n\n## 1.0.0\n\n- first\n"
    )
    repository.commit("Round up\n\nbecause")
    repository.write("a", "a\n")
    revision = repository.commit("Release 1.1.0")
    body = (
        b"Payments 1.1.0\n\nRounds up.\n-----BEGIN PGP SIGNATURE-----\n\nabc\n-----END PGP SIGNATURE-----\n"
    )
    signed(repository, "v1.1.0", body)
    got, skipped = releases(repository)
    assert skipped == []
    assert got["v1.1.0"] == Release(
        id="acme/pay@refs/tags/v1.1.0",
        take="releases",
        repository="acme/pay",
        tag="v1.1.0",
        revision=revision,
        message="Payments 1.1.0\n\nRounds up.",
        tagger=Person(name="Eve Roe", email="eve@example.org"),
        released_at=datetime.fromtimestamp(1_600_000_000, UTC),
        previous="v1.0.0",
        notes="- rounds up",
        subjects=["Release 1.1.0", "Round up"],
    )
    first = got["v1.0.0"]
    assert (first.message, first.tagger, first.previous, first.notes) == ("", None, None, "- first")
    assert first.released_at == datetime.fromtimestamp(
        int(repository.text("log", "-1", "--format=%ct", "v1.0.0")), UTC
    )
    assert first.subjects == ["first"]


def test_tags_of_tags_are_followed_and_those_of_no_commit_or_of_another_history_are_counted(
    repository, releases
):
    repository.write("a", "a\n")
    repository.commit("first")
    repository.git("tag", "-a", "inner", "-m", "inside")
    repository.git("tag", "-a", "outer", "-m", "outside", "inner")
    repository.git("tag", "blob", "HEAD:a")
    repository.git("tag", "-a", "tree", "-m", "a tree", "HEAD^{tree}")
    repository.git("checkout", "-q", "--orphan", "other")
    repository.commit("other")
    repository.git("tag", "light")
    repository.git("tag", "-a", "heavy", "-m", "other")
    got, skipped = releases(repository)
    assert {name: r.message for name, r in got.items()} == {"inner": "inside", "outer": "outside"}
    assert skipped == [
        ("refs/tags/blob", "tag_of_blob"),
        ("refs/tags/heavy", "not_in_history"),
        ("refs/tags/light", "not_in_history"),
        ("refs/tags/tree", "tag_of_tree"),
    ]


def test_a_damaged_tag_does_not_stop_the_others(repository, releases):
    repository.commit("first")
    repository.git("tag", "-a", "a", "-m", "a")
    repository.git("tag", "-a", "b", "-m", "b")
    damaged = repository.text("rev-parse", "a")
    place = repository.path / ".git" / "objects" / damaged[:2] / damaged[2:]
    place.chmod(0o600)
    place.write_bytes(b"damaged")
    got, skipped = releases(repository)
    assert (list(got), skipped) == (["b"], [("refs/tags/a", "missing")])


def test_the_release_before_is_one_of_the_same_series_on_the_first_parent_line(repository, releases):
    for tag in ("v1.0", "util-0.1", "v1.1", "nightly", "util-0.2"):
        repository.commit(f"for {tag}")
        repository.git("tag", tag)
    repository.git("checkout", "-q", "-b", "side", "v1.1")
    repository.commit("fix")
    repository.git("tag", "v1.1.1")
    repository.git("checkout", "-q", "main")
    repository.tick()
    repository.git("merge", "-q", "--no-ff", "-m", "Merge side", "side")
    repository.commit("for v1.2")
    repository.git("tag", "v1.2")
    got, _ = releases(repository)
    assert {name: r.previous for name, r in got.items()} == {
        "v1.0": None,
        "util-0.1": "v1.0",
        "v1.1": "v1.0",
        "nightly": "v1.1",
        "util-0.2": "util-0.1",
        "v1.1.1": "v1.1",
        "v1.2": "v1.1",
    }
    assert got["v1.2"].subjects == ["for v1.2", "fix", "for util-0.2", "for nightly"]


def test_where_the_first_parent_line_has_no_release_any_ancestor_counts(repository, releases):
    repository.commit("root")
    repository.git("checkout", "-q", "-b", "release")
    repository.commit("for v1")
    repository.git("tag", "v1")
    repository.git("checkout", "-q", "main")
    repository.commit("on")
    repository.tick()
    repository.git("merge", "-q", "--no-ff", "-m", "Merge", "release")
    repository.git("tag", "v2")
    got, _ = releases(repository)
    assert got["v2"].previous == "v1"
    assert got["v2"].subjects == ["on"]


def test_subjects_over_the_limit_are_counted(repository, releases):
    for number in range(5):
        repository.commit(f"c{number}")
    repository.git("tag", "v1")
    release = releases(repository, max_subjects=2)[0]["v1"]
    assert (release.subjects, release.subjects_left_out) == (["c4", "c3"], 3)


def test_a_part_that_is_released_on_its_own_has_its_own_changelog(repository, releases):
    repository.write("CHANGELOG.md", "## 1.0\n\n- of the whole\n\n## 0.9\n\n- before\n")
    repository.write("crates/util/CHANGES.md", "## 0.9\n\n- of util\n")
    repository.commit()
    for tag in ("1.0", "v0.9", "util-0.9", "util-1.0", "tools-1.0"):
        repository.git("tag", tag)
    got, _ = releases(repository)
    assert {name: r.notes for name, r in got.items()} == {
        "1.0": "- of the whole",
        "v0.9": "- before",
        "util-0.9": "- of util",
        "util-1.0": None,
        "tools-1.0": None,
    }


def test_docs_are_looked_into_and_changelogs_that_cannot_be_read_are_counted(repository, releases):
    repository.write("docs/HISTORY.rst", "1.0\n===\n\nfirst\n")
    repository.write("NEWS", b"1.0\n\n\xff\n")
    repository.commit()
    repository.git("tag", "1.0")
    repository.write("NEWS", "x" * 200)
    (repository.path / "docs" / "HISTORY.rst").unlink()
    (repository.path / "CHANGELOG.md").symlink_to("/etc/passwd")
    repository.commit()
    repository.git("tag", "1.1")
    repository.write("NEWS", b"\xff")
    repository.commit()
    repository.git("tag", "1.2")
    got, skipped = releases(repository, max_changelog=100)
    assert [got[tag].notes for tag in ("1.0", "1.1", "1.2")] == ["first", None, None]
    assert skipped == [("refs/tags/1.1", "changelog_too_large"), ("refs/tags/1.2", "changelog_not_utf8")]


def test_names_and_texts_in_other_encodings_are_read(repository, releases):
    commit = repository.commit()
    body = (
        f"object {commit}\ntype commit\ntag x\ntagger B <b> not a time\nencoding ISO-8859-1\n\ncaf".encode()
        + b"\xe9"
    )
    made = (
        repository.git("hash-object", "-t", "tag", "-w", "--literally", "--stdin", stdin=body)
        .decode()
        .strip()
    )
    with (repository.path / ".git" / "packed-refs").open("wb") as refs:
        refs.write(f"{made} refs/tags/".encode() + b"\xff1.0\n")
    ((name, release),) = releases(repository)[0].items()
    assert name == r"\xff1.0"
    assert release.id == r"acme/pay@refs/tags/\xff1.0"
    assert release.message == "café"
    assert release.released_at == datetime.fromtimestamp(
        int(repository.text("log", "-1", "--format=%ct")), UTC
    )
