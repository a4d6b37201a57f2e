"""Line maps and merges against a file whose every line is told apart from all others."""

from __future__ import annotations

from cooldown_connectors.forge.code.lines import Edit, Span, edits_of, moved, reversed_edits
from cooldown_connectors.forge.code.merging import apply_edits, merge_edits
from hypothesis import given
from hypothesis import strategies as st

LENGTH = 12


@st.composite
def some_edits(draw, name="x"):
    """Edits of a file of ``LENGTH`` lines, apart from each other by a line at least, as in a diff."""
    found, at, shift = [], 0, 0
    while at <= LENGTH and draw(st.booleans()):
        start = draw(st.integers(at, LENGTH))
        removed = draw(st.integers(0, min(3, LENGTH - start)))
        added = draw(st.integers(0 if removed else 1, 3))
        lines = tuple(f"{name}{len(found)}.{number}" for number in range(added))
        new = Span(start + shift, start + shift + added)
        found.append(Edit(Span(start, start + removed), new, lines))
        shift += added - removed
        at = start + removed + 1
    return found


OLD = [str(number) for number in range(LENGTH)]
SPANS = st.integers(0, LENGTH - 1).flatmap(
    lambda start: st.integers(start + 1, LENGTH).map(lambda end: Span(start, end))
)


@given(some_edits(), SPANS)
def test_a_span_is_found_again_by_its_lines(edits, span):
    new = apply_edits(OLD, edits)
    there = [number for number, line in enumerate(new) if line in OLD[span.start : span.end]]
    result = moved(edits, span)
    assert result.kept == (Span(there[0], there[-1] + 1) if there else None)
    changed = len(there) < span.end - span.start or (there[-1] + 1 - there[0] > len(there))
    assert (result.touch == "changed") == changed
    if not changed:
        beside = [new[there[0] - 1] if there[0] else "", (new[there[-1] + 1 :] or [""])[0]]
        edge = [OLD[span.start - 1] if span.start else "", (OLD[span.end :] or [""])[0]]
        put_in = [b for b, e in zip(beside, edge, strict=True) if b.startswith("x") and e in new]
        put_in += [b for b, e in zip(beside, edge, strict=True) if b.startswith("x") and e == ""]
        assert (result.touch == "beside") == bool(put_in)


@given(some_edits(), SPANS)
def test_what_stands_in_place_of_lost_lines_lies_between_their_neighbours(edits, span):
    result = moved(edits, span)
    new = apply_edits(OLD, edits)
    before = [n for n, line in enumerate(new) if line in OLD[: span.start]]
    after = [n for n, line in enumerate(new) if line in OLD[span.end :]]
    assert 0 <= result.place.start <= result.place.end <= len(new)
    assert all(n < result.place.start for n in before)
    assert all(n >= result.place.end for n in after)


@given(some_edits(), st.integers(0, LENGTH))
def test_an_empty_span_is_touched_by_what_is_put_in_there(edits, at):
    met = any(edit.old.start <= at <= edit.old.end and edit.lines for edit in edits)
    assert moved(edits, Span(at, at)).touch == ("beside" if met else None)


@given(some_edits(), SPANS)
def test_the_way_back_leads_back(edits, span):
    result = moved(edits, span)
    if result.touch is None and result.kept is not None:
        assert moved(reversed_edits(edits), result.kept).kept == span


@given(some_edits("a"), some_edits("b"))
def test_a_merge_holds_what_both_put_in_and_nothing_that_either_removed(ours, theirs):
    mine, other = apply_edits(OLD, ours), apply_edits(OLD, theirs)
    merged = merge_edits(ours, theirs)
    made = apply_edits(OLD, merged.edits)
    assert apply_edits(mine, merged.from_ours) == made
    kept = [line for line in OLD if line in mine and line in other]
    put_in = [line for file in (mine, other) for line in file if line not in OLD]
    assert sorted(made) == sorted(kept + put_in)
    assert [line for line in made if line in kept] == kept
    assert [line for line in made if line in mine] == [line for line in mine if line in made]
    assert [line for line in made if line in other] == [line for line in other if line in made]
    for edits in merged:
        shift = 0
        for edit in edits:
            assert edit.new == Span(edit.old.start + shift, edit.old.start + shift + len(edit.lines))
            shift += len(edit.lines) - (edit.old.end - edit.old.start)


@given(some_edits("a"))
def test_a_change_that_both_made_is_made_once(edits):
    merged = merge_edits(edits, edits)
    assert apply_edits(OLD, merged.edits) == apply_edits(OLD, edits)
    assert merged.from_ours == []


def test_edits_leave_context_and_missing_newlines_out():
    patch = "@@ -1,4 +1,5 @@ def f():\n a\n-b\n+B\n+C\n c\n d\n@@ -9,2 +10 @@\n-x\n-y\n\\ No newline at end of file\n+z\n"
    assert list(edits_of(patch)) == [
        Edit(Span(1, 2), Span(1, 3), ("B", "C")),
        Edit(Span(8, 10), Span(9, 10), ("z",)),
    ]


def test_a_new_and_a_deleted_file_are_one_edit():
    assert list(edits_of("@@ -0,0 +1,2 @@\n+a\n+b\n")) == [Edit(Span(0, 0), Span(0, 2), ("a", "b"))]
    assert list(edits_of("@@ -1,2 +0,0 @@\n-a\n-b\n")) == [Edit(Span(0, 2), Span(0, 0))]


def test_lines_put_in_without_context_stand_after_the_line_that_the_header_names():
    assert list(edits_of("@@ -3,0 +4,2 @@\n+a\n+b\n")) == [Edit(Span(3, 3), Span(3, 5), ("a", "b"))]


def test_a_last_line_that_only_got_or_lost_its_newline_did_not_change():
    end = "\\ No newline at end of file\n"
    assert list(edits_of(f"@@ -1 +1,2 @@\n-a\n{end}+a\n+b\n")) == [Edit(Span(1, 1), Span(1, 2), ("b",))]
    assert list(edits_of(f"@@ -1,2 +1 @@\n-a\n-b\n+a\n{end}")) == [Edit(Span(1, 2), Span(1, 1))]
    assert list(edits_of(f"@@ -1 +1 @@\n-a\n+a\n{end}")) == []
