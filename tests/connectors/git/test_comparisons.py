"""Raw rows between any two commits."""

from __future__ import annotations

from cooldown_connectors.git.comparisons import compare


def test_rows_are_those_between_the_two_whatever_lies_between_and_whatever_names_are(repository, history_of):
    repository.write("a", "1\n")
    repository.write("gone", "2\n")
    first = repository.commit()
    repository.git("mv", "a", "two\nlines")
    repository.write("b", "b\n")
    second = repository.commit()
    (repository.path / "gone").unlink()
    repository.write(b"\xff", "x\n")
    third = repository.commit()
    git, _ = history_of(repository, third)
    pairs = [(first, third), (third, first), (third, third), (second, third)]
    got = list(compare(git, pairs, 10))
    assert [(c.base, c.head) for c in got] == pairs
    assert [[(r.status, r.path, r.old_path) for r in c.rows] for c in got] == [
        [(b"A", b"b", None), (b"D", b"gone", None), (b"R", b"two\nlines", b"a"), (b"A", b"\xff", None)],
        [(b"R", b"a", b"two\nlines"), (b"D", b"b", None), (b"A", b"gone", None), (b"D", b"\xff", None)],
        [],
        [(b"D", b"gone", None), (b"A", b"\xff", None)],
    ]
    assert got[3].rows[1].new_blob.decode() == repository.git("rev-parse", b"HEAD:\xff").decode().strip()
    (few,) = compare(git, pairs[:1], 2)
    assert (len(few.rows), few.row_count) == (2, 4)


def test_a_pair_that_git_cannot_compare_has_a_problem_and_the_rest_goes_on(repository, history_of):
    revisions = []
    for number in range(3):
        repository.write("d/a", f"{number}\n")
        revisions.append(repository.commit())
    git, _ = history_of(repository, *revisions)
    tree = repository.text("rev-parse", f"{revisions[1]}:d")
    (repository.path / ".git" / "objects" / tree[:2] / tree[2:]).unlink()
    a, b, c = revisions
    got = list(compare(git, [(a, c), (a, b), (b, c), (c, a)], 10))
    assert [len(one.rows) for one in got] == [1, 0, 0, 1]
    assert [bool(one.problem) for one in got] == [False, True, True, False]
