"""Changes of files as a unified diff."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from cooldown_kit.records import FileChange
from cooldown_kit.render.diff import render_change

from .conftest import change


@pytest.mark.parametrize(
    ("made", "text"),
    [
        (change("logo.png", "added", left_out="binary"), "Binary file logo.png added\n"),
        (change("dump.sql", left_out="too_large"), "File dump.sql modified, diff too large to show\n"),
        (change("old.txt", "deleted", left_out="not_utf8"), "File old.txt deleted, not in UTF-8\n"),
        (change("libs/iso", left_out="submodule"), "Submodule libs/iso modified\n"),
        (
            change("w.bin", left_out="lfs_pointer"),
            "Large file w.bin modified, kept outside of the repository\n",
        ),
        (change("a.lock", left_out="excluded"), "File a.lock modified, diff not shown\n"),
        (change("py.typed", "added", left_out="empty"), "Empty file py.typed added\n"),
        (change("run", new_mode="100755", left_out="empty"), "Mode of run changed from 100644 to 100755\n"),
        (change("b", "type_changed", left_out="empty"), "File b changed type\n"),
        (change("b", left_out="encrypted"), "File b modified, diff left out: encrypted\n"),
        (change("b", "renamed", old_path="a", left_out="empty"), "rename from a\nrename to b\n"),
        (change("b", "copied", old_path="a", left_out="empty"), "copy from a\ncopy to b\n"),
        (
            change("b.bin", "renamed", old_path="a.bin", left_out="binary"),
            "rename from a.bin\nrename to b.bin\nBinary file b.bin renamed\n",
        ),
        (
            change("b", "renamed", old_path="a", new_mode="100755", left_out="empty"),
            "old mode 100644\nnew mode 100755\nrename from a\nrename to b\n",
        ),
        (
            change("a\nb", "added", patch="@@ -0,0 +1 @@\n+x"),
            'new file mode 100644\n--- /dev/null\n+++ "b/a\\nb"\n@@ -0,0 +1 @@\n+x\n',
        ),
    ],
)
def test_every_change_is_named_on_whole_lines(made: FileChange, text: str) -> None:
    assert render_change(made) == text


def test_git_applies_a_rendered_commit(tmp_path: Path) -> None:
    """The diff parts of added, modified and deleted files turn the tree before into the tree after."""
    before = {"a.py": "x = 1\ny = 2\nz = 3", "gone.txt": "old\n", "wide.txt": "\tTab\r\nä\n"}
    after = {"a.py": "x = 1\ny = 20\nz = 3", "new/b.py": "print()\n", "wide.txt": "\tTab\r\nü\n"}
    for folder, files in (("before", before), ("after", after)):
        for name, content in files.items():
            path = tmp_path / folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode())
    changes = []
    for name in sorted(before | after):
        status = "added" if name not in before else "deleted" if name not in after else "modified"
        sides = [
            f"{side}/{name}" if name in files else "/dev/null"
            for side, files in (("before", before), ("after", after))
        ]
        diff = subprocess.run(
            ["git", "diff", "--no-index", "--", *sides], cwd=tmp_path, capture_output=True, check=False
        )
        text = diff.stdout.decode()
        changes.append(change(name, status, patch=text[text.index("\n@@") + 1 :]))
    (tmp_path / "patch").write_bytes("".join(map(render_change, changes)).encode())
    subprocess.run(["git", "apply", str(tmp_path / "patch")], cwd=tmp_path / "before", check=True)
    result = {
        p.relative_to(tmp_path / "before").as_posix(): p.read_bytes().decode()
        for p in (tmp_path / "before").rglob("*")
        if p.is_file()
    }
    assert result == after
