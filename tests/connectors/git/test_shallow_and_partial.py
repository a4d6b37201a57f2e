from __future__ import annotations

import pytest

from cooldown_kit.errors import InputError


@pytest.fixture
def three(repository):
    for name in ("old", "middle", "new"):
        repository.write(name, f"{name}\n")
        repository.commit(name)
    return repository


def cloned(repository, tmp_path, *flags):
    target = tmp_path / "clone"
    repository.git("config", "uploadpack.allowFilter", "true")
    repository.git("clone", "-q", *flags, f"file://{repository.path}", target)
    return type(repository)(target)


def test_the_edge_of_a_shallow_clone_is_skipped_and_files_below_it_have_no_time(three, harvest, tmp_path):
    clone = cloned(three, tmp_path, "--depth=2")
    got = harvest(clone)
    assert [c.message for c in got.commits] == ["new"]
    assert got.reasons == {"shallow_boundary": 1}
    changed = {f.path: f.changed_in for f in got.files}
    assert changed == {"old": None, "middle": None, "new": three.text("rev-parse", "HEAD")}
    assert [f.changed_at is None for f in got.files] == [True, False, True]
    assert any("shallow" in w and "--unshallow" in w for w in got.warnings)


def test_the_first_commit_of_a_shallow_clone_that_holds_all_is_no_edge(three, harvest, tmp_path):
    clone = cloned(three, tmp_path, "--depth=9")
    assert [c.message for c in harvest(clone).commits] == ["old", "middle", "new"]


def test_deepening_changes_the_fingerprint_and_gives_the_rest(three, harvest, fingerprint, tmp_path):
    clone = cloned(three, tmp_path, "--depth=2")
    before = fingerprint(path="clone")
    harvest(clone)
    clone.git("fetch", "-q", "--unshallow")
    assert fingerprint(path="clone") != before
    assert [c.message for c in harvest(clone).commits] == ["old", "middle", "new"]


def test_blobs_that_a_partial_clone_lacks_are_counted_and_nothing_is_fetched(three, harvest, tmp_path):
    clone = cloned(three, tmp_path, "--filter=blob:none", "--no-checkout")
    three.path.rename(tmp_path / "gone")  # whoever wanted to fetch them could not
    got = harvest(clone)
    assert got.skipped == {"old": "missing", "middle": "missing", "new": "missing"}
    assert [[c.left_out for c in commit.changes] for commit in got.commits] == [["missing"]] * 3
    assert any("partial clone" in warning for warning in got.warnings)


def test_what_a_partial_clone_does_have_is_taken(three, harvest, tmp_path):
    three.write("big", "x" * 5000)
    three.write("small", "s\n")
    three.commit("mixed")
    clone = cloned(three, tmp_path, "--filter=blob:limit=1k", "--no-checkout")
    got = harvest(clone)
    assert {c.path: (c.patch, c.left_out) for c in got.commits[-1].changes} == {
        "big": (None, "missing"),
        "small": ("@@ -0,0 +1 @@\n+s\n", None),
    }
    assert got.skipped == {"big": "missing"}


def test_a_clone_without_trees_says_so(three, harvest, tmp_path):
    clone = cloned(three, tmp_path, "--filter=tree:0", "--no-checkout")
    with pytest.raises(InputError, match="partial clone"):
        harvest(clone)
