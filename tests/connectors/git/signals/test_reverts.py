"""Changes that undo others, known by their blobs alone."""

from __future__ import annotations

from cooldown_connectors.git.raw_rows import RawRow
from cooldown_connectors.git.signals.reverts import ChangeHash, change_hash
from hypothesis import given
from hypothesis import strategies as st

NONE, MODES = b"0" * 40, st.sampled_from([b"100644", b"100755", b"120000"])
BLOBS = st.sampled_from([b"1" * 40, b"2" * 40, b"3" * 40])
PATHS = st.sampled_from([b"a", b"b", b"d/c", b"\xff"])


@st.composite
def rows(draw: st.DrawFn) -> RawRow:
    path, old, new = draw(PATHS), draw(BLOBS), draw(BLOBS)
    kind = draw(st.sampled_from("AMDR"))
    if kind == "A":
        return RawRow(b"000000", draw(MODES), NONE, new, b"A", path)
    if kind == "D":
        return RawRow(draw(MODES), b"000000", old, NONE, b"D", path)
    if kind == "R":
        return RawRow(draw(MODES), draw(MODES), old, new, b"R", path + b".new", path)
    return RawRow(draw(MODES), draw(MODES), old, new, b"M", path)


def _inverse(row: RawRow) -> RawRow:
    status = {b"A": b"D", b"D": b"A"}.get(row.status, row.status)
    path, old_path = (row.path, None) if row.old_path is None else (row.old_path, row.path)
    return RawRow(row.new_mode, row.old_mode, row.new_blob, row.old_blob, status, path, old_path)


CHANGES = st.lists(rows(), min_size=1, max_size=5, unique_by=lambda row: row.path)


@given(CHANGES, st.randoms(use_true_random=False))
def test_what_undoes_a_change_does_the_inverse_of_its_rows_in_any_order(change, random):
    inverse = [_inverse(row) for row in change]
    random.shuffle(inverse)
    does, undoes = change_hash(change)
    assert change_hash(inverse) == ChangeHash(undoes, does)


@given(CHANGES, CHANGES)
def test_another_change_has_another_hash(first, second):
    def normal(change):
        """A rename is a file that goes and one that comes."""
        parts = []
        for row in change:
            if row.old_path is None:
                parts.append((row.path, row.old_mode, row.old_blob, row.new_mode, row.new_blob))
            else:
                parts.append((row.path, b"000000", NONE, row.new_mode, row.new_blob))
                parts.append((row.old_path, row.old_mode, row.old_blob, b"000000", NONE))
        return sorted(parts)

    assert (change_hash(first).does == change_hash(second).does) == (normal(first) == normal(second))


def test_a_part_of_a_change_does_not_undo_it():
    one = RawRow(b"100644", b"100644", b"1" * 40, b"2" * 40, b"M", b"a")
    two = RawRow(b"100644", b"100644", b"1" * 40, b"2" * 40, b"M", b"b")
    assert change_hash([_inverse(one)]).does != change_hash([one, two]).undoes


def test_a_copy_leaves_the_file_that_it_was_copied_from():
    copied = RawRow(b"100644", b"100644", b"1" * 40, b"1" * 40, b"C", b"b", b"a")
    added = RawRow(b"000000", b"100644", NONE, b"1" * 40, b"A", b"b")
    assert change_hash([copied]) == change_hash([added])


def test_no_rows_have_no_hash():
    assert change_hash([]) == ChangeHash(0, 0)
