"""What an author had done before, against counting it all again."""

from __future__ import annotations

from cooldown_connectors.git.raw_rows import RawRow
from cooldown_connectors.git.signals.standing import Standing, StandingBefore
from hypothesis import given
from hypothesis import strategies as st


def _row(path: bytes, old: bytes | None = None) -> RawRow:
    return RawRow(b"100644", b"100644", b"1" * 40, b"2" * 40, b"R" if old else b"M", path, old)


PATHS = st.sampled_from([b"a", b"b", b"d/a", b"d/e/a", b"d/e/b", b"f/a"])
ROWS = st.lists(st.builds(_row, PATHS, st.none() | PATHS), max_size=4)
AUTHORS = st.sampled_from([b"ada@example.org", b"Ada@Example.org ", b"bob@example.org", b""])


def _folders(rows):
    return [path.rpartition(b"/")[0] for row in rows for path in (row.path, row.old_path) if path is not None]


def _main(rows):
    """The folder with most files, the first by name of those that have as many."""
    return max(sorted(set(_folders(rows))), key=_folders(rows).count, default=None)


@given(st.lists(st.tuples(AUTHORS, ROWS), max_size=25))
def test_earlier_commits_are_counted_in_the_folder_of_most_files(commits):
    standing = Standing()
    for number, (email, rows) in enumerate(commits):
        before = commits[:number]
        author = email.strip().lower()
        own = [some for other, some in before if other.strip().lower() == author]
        main = _main(rows)
        here = [some for _, some in before if main in _folders(some)]
        own_here = [some for some in own if main in _folders(some)]
        assert standing.add(email, rows) == StandingBefore(len(own), len(own_here), len(here))


def test_the_folder_above_is_another_folder():
    standing = Standing()
    standing.add(b"a", [_row(b"d/x")])
    assert standing.add(b"a", [_row(b"d/e/x")]) == StandingBefore(1, 0, 0)


def test_a_merge_counts_for_its_author_but_not_for_the_folders_it_brings():
    standing = Standing()
    standing.add(b"a", [_row(b"x")], merge=True)
    assert standing.add(b"a", [_row(b"x")]) == StandingBefore(1, 0, 0)


def test_no_address_is_kept():
    standing = Standing()
    standing.add(b"ada@example.org", [])
    assert b"ada" not in repr(vars(standing)).encode()
