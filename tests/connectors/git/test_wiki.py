"""Wikis: where they are, and their pages."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from cooldown_connectors.git.last_change import last_changes
from cooldown_connectors.git.wiki import list_pages, pages_of, read_wiki, wiki_folder, wiki_url

from cooldown_kit.records import Skipped, TextPage


@pytest.fixture
def read(history_of):
    def run(repository, max_size=1000):
        revision = repository.text("rev-parse", "HEAD")
        git, history = history_of(repository, revision)
        listing = list_pages(git, revision, max_size)
        number = history.graph.find(revision)
        entries = history.entries(range(number, -1, -1))
        last = last_changes(git, history.graph, number, pages_of(listing), entries, frozenset())
        return list(read_wiki("github.com/acme/pay", git, revision, listing, last))

    return run


def test_pages_come_with_title_and_the_time_of_their_last_change(repository, read):
    repository.write("Home.md", "# Welcome\n")
    repository.commit()
    repository.write("guides/How-to-round.asciidoc", "\ufeff= Round\n")
    revision = repository.commit()
    first, second = read(repository)
    assert first.time == datetime.fromtimestamp(
        int(repository.text("log", "-1", "--format=%ct", "HEAD~1")), UTC
    )
    assert second == TextPage(
        id=f"github.com/acme/pay.wiki@{revision}:guides/How-to-round.asciidoc",
        take="wiki",
        path="guides/How-to-round.asciidoc",
        title="How to round",
        text="= Round\n",
        time=datetime.fromtimestamp(int(repository.text("log", "-1", "--format=%ct")), UTC),
        repository="github.com/acme/pay.wiki",
        revision=revision,
    )
    assert first.title == "Home"


def test_every_kind_of_prose_is_a_page(repository, read):
    names = "a.md a.markdown a.rst a.adoc a.asciidoc a.org a.textile a.rdoc a.mediawiki a.wiki a.creole a.pod a.txt A.MD"
    for name in names.split():
        repository.write(name, "x\n")
    repository.write("One---two-three.md", "x\n")
    repository.commit()
    got = read(repository)
    assert {page.path for page in got} == {*names.split(), "One---two-three.md"}
    assert got[1].title == "One - two three"


def test_whatever_is_no_page_is_counted_with_its_reason(repository, read):
    repository.write("_Sidebar.md", "x\n")
    repository.write("sub/_footer.rst", "x\n")
    repository.write("picture.png", "x\n")
    repository.write(".md", "x\n")
    repository.write("Makefile", "x\n")
    repository.write("empty.md", "")
    repository.write("blank.md", " \n")
    repository.write("latin.md", b"\xe9")
    repository.write("binary.md", b"a\0")
    repository.write("large.md", "x" * 1001)
    repository.write("exact.md", "x" * 1000)
    (repository.path / "link.md").symlink_to("/etc/passwd")
    repository.commit()
    got = read(repository)
    assert [page.path for page in got if isinstance(page, TextPage)] == ["exact.md"]
    assert {s.what: s.reason for s in got if isinstance(s, Skipped)} == {
        f"github.com/acme/pay.wiki:{name}": reason
        for name, reason in {
            "_Sidebar.md": "navigation",
            "sub/_footer.rst": "navigation",
            "picture.png": "not_prose",
            ".md": "not_prose",
            "Makefile": "not_prose",
            "empty.md": "empty",
            "blank.md": "empty",
            "latin.md": "not_utf8",
            "binary.md": "binary",
            "large.md": "too_large",
            "link.md": "symlink",
        }.items()
    }


@pytest.mark.parametrize(
    ("url", "wiki"),
    [
        ("https://github.com/acme/pay.git", "https://github.com/acme/pay.wiki.git"),
        ("https://gitlab.com/acme/pay/", "https://gitlab.com/acme/pay.wiki.git"),
        ("git@github.com:acme/pay.git", "git@github.com:acme/pay.wiki.git"),
    ],
)
def test_a_remotes_wiki_is_at_the_forges_place(url, wiki):
    assert wiki_url(url) == wiki


def test_a_local_wiki_is_the_clone_beside_the_repository(make_repository, tmp_path):
    make_repository("pay")
    make_repository("bare.git", "--bare")
    assert wiki_folder(tmp_path / "pay" / ".git") is None
    make_repository("pay.wiki")
    make_repository("bare.wiki.git", "--bare")
    for place in ("pay", "pay/.git"):
        assert wiki_folder(tmp_path / place) == tmp_path / "pay.wiki"
    assert wiki_folder(tmp_path / "bare.git") == tmp_path / "bare.wiki.git"
    assert wiki_folder(tmp_path / "pay.wiki") is None
