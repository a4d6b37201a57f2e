"""A small real project: a git repository with history, a handbook, a recipe, and the tiny model."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

GIT = {
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Ann Author",
    "GIT_AUTHOR_EMAIL": "ann@example.org",
    "GIT_COMMITTER_NAME": "Ann Author",
    "GIT_COMMITTER_EMAIL": "ann@example.org",
}

RECIPE = """\
name: small
model: {model}
sources:
  code: {{connector: git, path: repository}}
  book: {{connector: text, path: "handbook/**/*.md"}}
holdout: {{newest: 25%, undated: 25%}}
mix:
  tokens: 8k
  sequence_length: 64
  max_epochs: 1000
  shares: {{text: {{book: 50%}}, code: {{code.commits: 25%, code.files: 25%}}}}
train: {{method: full, learning_rate: 1e-3, batch_sequences: 4, device: cpu}}
evaluate: {{tokens_per_kind: 2k, max_document_tokens: 200, generations: 1, generation_tokens: 8, resamples: 200}}
"""


@dataclass(frozen=True)
class Project:
    """A folder with ``recipe.yaml``, ``repository/`` and ``handbook/``."""

    folder: Path

    @property
    def recipe(self) -> Path:
        return self.folder / "recipe.yaml"

    @property
    def workspace(self) -> Path:
        return self.folder / ".cooldown"

    def edit(self, old: str, new: str) -> None:
        text = self.recipe.read_text()
        assert old in text
        self.recipe.write_text(text.replace(old, new))

    def git(self, *arguments: str, when: str | None = None) -> str:
        dates = {"GIT_AUTHOR_DATE": when, "GIT_COMMITTER_DATE": when} if when else {}
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.folder / "repository",
            env={**os.environ, **GIT, **dates},
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout

    def commit(self, path: str, content: str | bytes, message: str, day: int) -> None:
        target = self.folder / "repository" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else content.encode())
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message, when=f"2026-01-{day:02d}T12:00:00 +0000")

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """Start the real CLI in a process of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "cooldown_kit.cli", *arguments],
            cwd=self.folder,
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def cooldown(self, *arguments: str, **environment: str) -> tuple[int, str, str]:
        """Run the real CLI; returns its exit status, stdout and stderr."""
        process = self.start(*arguments, **environment)
        out, err = process.communicate(timeout=600)
        return process.returncode, out, err

    def python(self, code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run code in a process of its own, in the folder of the recipe."""
        return subprocess.run(
            [sys.executable, "-c", code, *arguments],
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )


def _source(i: int) -> str:
    return "".join(
        f"def step_{i}_{j}(value: int) -> int:\n    '''Add {j} to the value, {i} times.'''\n    return value + {i} * {j}\n\n"
        for j in range(6)
    )


@pytest.fixture
def project(tmp_path: Path, tiny_model: Path) -> Project:
    return _project(tmp_path, tiny_model)


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Project:
    """The same project in another folder, for what is made once for all tests of a file. Only read it."""
    return _project(tmp_path_factory.mktemp("twin"), tiny_model)


def _project(folder: Path, tiny_model: Path) -> Project:
    made = Project(folder)
    (folder / "repository").mkdir()
    made.git("init", "-q", "-b", "main")
    for i in range(12):
        made.commit(
            f"src/module_{i}.py", _source(i), f"Add module {i}\n\nIt adds numbers to a value.", day=i + 1
        )
    for i in range(6):
        made.commit(f"src/module_{i}.py", _source(i + 100), f"Rewrite module {i}", day=i + 14)
    handbook = folder / "handbook"
    handbook.mkdir()
    for i in range(24):
        (handbook / f"page_{i}.md").write_text(
            f"# Page {i}\n\n" + f"The rule of page {i} is to read it before you act on it.\n" * (i + 3)
        )
    made.recipe.write_text(RECIPE.format(model=tiny_model))
    return made
