"""Many repositories of one source: a folder, a glob, a list, a file; one that fails stops none of the others."""

from __future__ import annotations

import pytest

from cooldown_kit.errors import InputError


@pytest.fixture
def team(make_repository):
    repositories = {}
    for name in ("team/billing", "team/ledger", "team/tools/lint"):
        repository = make_repository(name)
        repository.write("main.py", f"# {name}\n")
        repository.commit(f"Begin {name}")
        repositories[name] = repository
    return repositories


def _names(harvest):
    return [commit.repository for commit in harvest.commits]


def test_a_folder_that_holds_repositories_gives_all_of_them(team, harvest, tmp_path):
    got = harvest(path=str(tmp_path / "team"))
    assert _names(got) == ["billing", "ledger", "lint"]
    assert {file.repository for file in got.files} == {"billing", "ledger", "lint"}


def test_a_glob_gives_those_that_match(team, harvest):
    assert _names(harvest(path="team/*")) == ["billing", "ledger", "lint"]
    assert _names(harvest(path="team/l*")) == ["ledger"]


def test_a_list_gives_them_in_its_order_with_their_own_revisions(team, harvest):
    team["team/ledger"].git("branch", "old")
    team["team/ledger"].write("main.py", "new\n")
    team["team/ledger"].commit("Newer")
    got = harvest(repositories=[{"path": "team/ledger", "revision": "old"}, "team/billing"])
    assert [(c.repository, c.message) for c in got.commits] == [
        ("ledger", "Begin team/ledger"),
        ("billing", "Begin team/billing"),
    ]


def test_a_file_lists_them_relative_to_itself(team, harvest, tmp_path):
    (tmp_path / "team" / "repos.yaml").write_text("repositories:\n- billing\n- {path: ledger}\n")
    assert _names(harvest(repositories="team/repos.yaml")) == ["billing", "ledger"]


def test_records_do_not_depend_on_how_many_work_at_once(team, harvest, context, tmp_path):
    import dataclasses

    expected = None
    for workers in (1, 2, 4):
        fresh = dataclasses.replace(context, workers=workers, store=tmp_path / f"store{workers}")
        got = harvest(path="team", within=fresh).items
        expected = expected or got
        assert got == expected


def test_one_bad_repository_is_left_out_and_counted(team, harvest, tmp_path):
    broken = team["team/billing"].path / ".git"
    for file in (broken / "objects").rglob("*"):
        if file.is_file():
            file.chmod(0o644)
            file.write_bytes(b"broken")
    got = harvest(path="team")
    assert _names(got) == ["ledger", "lint"]
    assert got.reasons["repository_failed"] == 1
    assert any("billing" in warning and "left out" in warning for warning in got.warnings)


def test_one_without_commits_is_left_out_and_counted(team, harvest, make_repository):
    make_repository("team/empty")
    got = harvest(path="team")
    assert _names(got) == ["billing", "ledger", "lint"]
    assert got.reasons["repository_failed"] == 1


def test_where_none_can_be_read_it_is_an_error(make_repository, harvest, check):
    make_repository("team/empty")
    make_repository("team/void")
    with pytest.raises(InputError, match="no commits"):
        harvest(path="team")
    with pytest.raises(InputError, match="no commits"):
        check(path="team")


def test_two_clones_of_one_repository_are_one(team, harvest, tmp_path):
    repository = team["team/ledger"]
    for name in ("first", "second"):
        repository.git("clone", "-q", repository.path, tmp_path / "clones" / name)
        repository.git(
            "--git-dir",
            tmp_path / "clones" / name / ".git",
            "config",
            "remote.origin.url",
            "https://x.org/a/b",
        )
    got = harvest(path="clones")
    assert _names(got) == ["x.org/a/b"]
    assert got.reasons["repository_twice"] == 1


def test_a_folder_inside_a_repository_is_that_repository(team, harvest):
    team["team/ledger"].write("src/x.py", "1\n")
    team["team/ledger"].commit("More")
    assert set(_names(harvest(path="team/ledger/src"))) == {"ledger"}


def test_the_fingerprint_names_each_and_changes_with_any(team, fingerprint):
    before = fingerprint(path="team")
    assert len(before["repositories"]) == 3
    team["team/tools/lint"].write("main.py", "2\n")
    team["team/tools/lint"].commit("Again")
    assert fingerprint(path="team") != before


def test_a_repository_that_cannot_be_read_stands_in_the_fingerprint(team, fingerprint, make_repository):
    make_repository("team/empty")
    each = fingerprint(path="team")["repositories"]
    assert [one for one in each if "unreadable" in one]
    assert len(each) == 4


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[]", "empty"),
        ("just words", "not a list"),
        ("- &a x\n- *a\n", "alias"),
        ("- {path: a, branch: b}\n", "entry 1"),
        ("- https://me:secret@x.org/a\n", "credentials"),
        ("- [\n", "cannot be read"),
    ],
)
def test_a_list_that_cannot_be_meant_is_refused_with_its_place(tmp_path, check, content, said):
    (tmp_path / "repos.yaml").write_text(content)
    with pytest.raises(InputError, match=said) as caught:
        check(repositories="repos.yaml")
    assert "secret" not in str(caught.value)
    assert "repos.yaml" in str(caught.value)


def test_a_folder_without_repositories_says_so(tmp_path, check):
    (tmp_path / "team").mkdir()
    with pytest.raises(InputError, match="not in a git repository"):
        check(path="team")
    with pytest.raises(InputError, match="no repository there"):
        check(path="team/*")


def test_links_to_folders_are_not_followed(team, harvest, tmp_path):
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "loop").symlink_to(tmp_path / "links")
    (tmp_path / "links" / "ledger").symlink_to(team["team/ledger"].path)
    with pytest.raises(InputError):
        harvest(path="links")
