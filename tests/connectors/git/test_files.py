from __future__ import annotations

import json
from datetime import UTC, datetime

from cooldown_connectors.git.files import list_files, read_files
from cooldown_connectors.git.last_change import Change, LastChanges
from cooldown_connectors.git.repository import look

from cooldown_kit.records import Cell, Notebook, Skipped, SourceFile


def test_files_come_by_path_with_content_blob_mode_and_revision(repository, harvest):
    repository.write("b.py", "b\n")
    repository.write("a/z.py", "z\r\n")
    repository.write("a.py", "é\n")
    (repository.path / "b.py").chmod(0o755)
    revision = repository.commit()
    files = harvest(repository, take="files").files
    assert [(f.path, f.content, f.mode) for f in files] == [
        ("a.py", "é\n", "100644"),
        ("a/z.py", "z\r\n", "100644"),
        ("b.py", "b\n", "100755"),
    ]
    assert {f.revision for f in files} == {revision}
    assert [f.blob for f in files] == [repository.text("rev-parse", f"HEAD:{f.path}") for f in files]
    assert files[0].id == f"payments@{revision}:a.py"


def test_the_revision_is_read_not_the_work_tree(repository, harvest):
    repository.write("a.py", "committed\n")
    first = repository.commit()
    repository.git("tag", "-a", "v1", "-m", "annotated")
    repository.write("a.py", "later\n")
    repository.commit()
    repository.write("a.py", "not committed\n")
    assert [f.content for f in harvest(repository, take="files").files] == ["later\n"]
    for name in ("v1", first, first[:8], "refs/tags/v1", "tags/v1"):
        assert [f.content for f in harvest(repository, take="files", revision=name).files] == ["committed\n"]


def test_whatever_is_no_text_is_counted_with_its_reason(repository, harvest):
    repository.write("text.py", "x\n")
    repository.write("late.txt", b"x\n" * 4500 + b"\0")
    repository.write("binary", b"\0")
    repository.write("latin", "caf\xe9".encode("latin-1"))
    repository.write("empty", "")
    repository.write("big", "x" * 2000)
    repository.write("lfs", "version https://git-lfs.github.com/spec/v1\noid sha256:0\n")
    repository.write("vendor/a.py", "x\n")
    (repository.path / "loop").symlink_to("loop")
    (repository.path / "outside").symlink_to("/etc/passwd")
    repository.commit()
    repository.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},module")
    repository.git("commit", "-q", "-m", "A submodule")
    got = harvest(repository, take="files", exclude="vendor", max_file_size=1500)
    assert [f.path for f in got.files] == ["text.py"]
    assert got.skipped == {
        "binary": "binary",
        "big": "too_large",
        "late.txt": "too_large",
        "latin": "not_utf8",
        "empty": "empty",
        "lfs": "lfs_pointer",
        "vendor/a.py": "excluded",
        "loop": "symlink",
        "outside": "symlink",
        "module": "submodule",
    }
    assert (
        harvest(repository, take="files").files[1].path == "late.txt"
    )  # a NUL after 8,000 bytes is text, as git says


def test_a_file_of_exactly_the_limit_is_taken(repository, harvest):
    repository.write("at", "x" * 100)
    repository.write("over", "x" * 101)
    repository.commit()
    got = harvest(repository, max_file_size=100)
    assert [f.path for f in got.files] == ["at"]
    assert {c.path: c.left_out for c in got.commits[0].changes} == {"at": None, "over": "too_large"}


def test_names_with_newlines_and_other_bytes_are_read(repository, harvest):
    for name in (b"two\nlines", b"caf\xe9", b"-flag", b":(glob)x", b"back\\slash", b'"q"'):
        repository.write(name, b"of " + name.replace(b"\xe9", b"e"))
    repository.commit()
    got = {f.path: f.content for f in harvest(repository, take="files").files}
    assert got[r"caf\xe9"] == "of cafe"
    assert set(got) == {"two\nlines", r"caf\xe9", "-flag", ":(glob)x", "back\\slash", '"q"'}


def when(repository, revision):
    return datetime.fromtimestamp(int(repository.text("log", "-1", "--format=%ct", revision)), UTC)


def changed(got):
    return {f.path: f.changed_in for f in got.files}


def test_a_file_was_changed_in_the_newest_commit_that_touched_it(repository, harvest):
    repository.write("a", "1\n")
    repository.write("b", "1\n")
    first = repository.commit()
    repository.write("a", "2\n")
    second = repository.commit()
    (repository.path / "b").chmod(0o755)
    third = repository.commit()
    repository.git("mv", "a", "c")
    fourth = repository.commit()
    got = harvest(repository, take="files")
    assert changed(got) == {"b": third, "c": fourth}
    assert got.files[0].changed_at == when(repository, third)
    assert changed(harvest(repository, take=["commits", "files"])) == changed(got)
    assert changed(harvest(repository, take="files", revision=second)) == {"a": second, "b": first}


def test_a_change_that_came_by_a_branch_is_that_commits_not_the_merges(repository, harvest):
    repository.write("a", "1\n")
    repository.commit()
    repository.git("checkout", "-q", "-b", "side")
    repository.write("b", "side\n")
    side = repository.commit()
    repository.git("checkout", "-q", "main")
    repository.write("a", "2\n")
    main = repository.commit()
    repository.tick()
    repository.git("merge", "-q", "--no-ff", "-m", "Merge", "side")
    assert changed(harvest(repository, take="files")) == {"a": main, "b": side}


def test_content_that_only_a_merge_made_is_the_merges(repository, harvest):
    repository.write("a", "1\n")
    repository.commit()
    repository.git("checkout", "-q", "-b", "side")
    repository.write("a", "side\n")
    repository.commit()
    repository.git("checkout", "-q", "main")
    repository.write("a", "main\n")
    repository.commit()
    repository.tick()
    repository.git("merge", "-q", "-s", "ours", "--no-commit", "side")
    repository.write("a", "both\n")
    repository.write("only", "in the merge\n")
    merge = repository.commit("Merge by hand")
    assert changed(harvest(repository, take="files")) == {"a": merge, "only": merge}


def test_a_change_that_a_merge_threw_away_does_not_date_the_file(repository, harvest):
    repository.write("a", "kept\n")
    kept = repository.commit()
    repository.git("checkout", "-q", "-b", "side")
    repository.write("a", "thrown away\n")
    repository.commit()
    repository.git("checkout", "-q", "main")
    repository.tick()
    repository.git("merge", "-q", "-s", "ours", "-m", "Ours", "side")
    assert changed(harvest(repository, take="files")) == {"a": kept}


def test_a_notebook_is_left_out_of_files_and_a_record_of_its_own(repository, options, context):
    cells = [
        {"cell_type": "markdown", "source": "# Totals"},
        {"cell_type": "code", "source": "1 + 1", "outputs": [{"output_type": "stream", "text": "2"}]},
    ]
    notebook = json.dumps({"cells": cells, "metadata": {"language_info": {"name": "python"}}})
    repository.write("a.ipynb", notebook)
    repository.write("b.ipynb", "{")
    repository.write("c.py", "c\n")
    repository.write(".ipynb_checkpoints/a.ipynb", notebook)
    repository.write("large.IPYNB", notebook + " " * 1000)
    (repository.path / "link.ipynb").symlink_to("a.ipynb")
    revision = repository.commit()
    chosen = options(path=str(repository.path), max_file_size=len(notebook) - 1)
    opened = look(chosen, context).open()

    def read(**taken):
        listing = list_files(opened, chosen, max_notebook=len(notebook), **taken)
        last = LastChanges({b"a.ipynb": Change(revision, b"1600086400")})
        return list(read_files(opened, listing, last, context, max_output=0))

    link = ("link.ipynb", "symlink")
    left_out = [(".ipynb_checkpoints/a.ipynb", "notebook_checkpoint"), ("a.ipynb", "notebook")]
    left_out += [("b.ipynb", "notebook"), ("large.IPYNB", "too_large"), link]
    got = read()
    assert [(i.what, i.reason) for i in got if isinstance(i, Skipped)] == left_out
    assert [i.path for i in got if isinstance(i, SourceFile)] == ["c.py"]
    got = read(notebooks=True, files=False)
    assert [(i.what, i.reason) for i in got if isinstance(i, Skipped)] == [
        left_out[0],
        ("b.ipynb", "not_a_notebook"),
        left_out[3],
    ]
    assert [i for i in got if not isinstance(i, Skipped)] == [
        Notebook(
            id=f"payments@{revision}:a.ipynb",
            take="notebooks",
            repository="payments",
            revision=revision,
            path="a.ipynb",
            blob=repository.text("rev-parse", "HEAD:a.ipynb"),
            language="python",
            cells=[
                Cell(kind="markdown", source="# Totals"),
                Cell(kind="code", source="1 + 1", outputs_left_out=1),
            ],
            changed_at=datetime.fromtimestamp(1_600_086_400, UTC),
            changed_in=revision,
        )
    ]
