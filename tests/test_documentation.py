"""What the documentation shows works: recipes are valid, Python compiles, commands and their flags exist, links lead somewhere."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/**/*.md")])
FENCE = re.compile(r"^```(\w+)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    page: Path
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT).as_posix()}:{self.line}"


def _blocks(*languages: str) -> list[Block]:
    found = []
    for page in PAGES:
        content = page.read_text(encoding="utf-8")
        found += [
            Block(page, content.count("\n", 0, match.start()) + 1, match[1], match[2])
            for match in FENCE.finditer(content)
            if match[1] in languages
        ]
    return found


@pytest.mark.parametrize("block", _blocks("yaml"), ids=str)
def test_yaml_blocks_are_valid_recipes_or_say_that_they_are_parts(block: Block) -> None:
    from cooldown_kit.recipe import Recipe

    if block.text.lstrip().startswith("# part of a recipe"):
        part = yaml.safe_load(block.text)
        whole = {
            "name": "page",
            "model": "m",
            "sources": {"handbook": {"connector": "text", "path": "x"}},
            **part,
        }
        Recipe.parse(whole, where=str(block))
    elif re.search(r"^name:", block.text, re.MULTILINE):
        Recipe.parse(block.text, where=str(block))
    else:
        pytest.fail("a YAML block is a whole recipe, or starts with `# part of a recipe`")


@pytest.mark.parametrize(
    "recipe", sorted(ROOT.glob("examples/**/*.yaml")), ids=lambda p: p.relative_to(ROOT).as_posix()
)
def test_the_examples_recipes_are_valid(recipe: Path) -> None:
    from cooldown_kit.recipe import Recipe

    Recipe.load(recipe)


@pytest.mark.parametrize("block", _blocks("python"), ids=str)
def test_python_blocks_compile_and_name_what_exists(block: Block) -> None:
    compile(block.text, str(block), "exec")
    for name in re.findall(r"\bck\.(\w+)", block.text):
        import cooldown_kit

        assert hasattr(cooldown_kit, name), f"cooldown_kit.{name}"


@pytest.mark.parametrize("block", _blocks("console", "bash", "sh"), ids=str)
def test_commands_and_their_flags_exist(block: Block) -> None:
    import typer

    from cooldown_kit.cli.main import app

    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    for line in block.text.replace("\\\n", " ").splitlines():
        words = shlex.split(line.removeprefix("$ "), comments=True)
        if words[:1] != ["cooldown"] or len(words) < 2 or words[1].startswith("-"):
            continue
        command, rest = commands.get(words[1]), words[2:]
        if hasattr(command, "commands"):  # a group, such as `cooldown jobs`
            command, rest = command.commands.get(words[2]), words[3:]
        assert command is not None, line
        known = {flag for parameter in command.params for flag in parameter.opts}
        assert not {word.split("=")[0] for word in rest if word.startswith("-")} - known, line


@pytest.mark.parametrize("block", _blocks("console", "bash", "sh"), ids=str)
def test_make_targets_exist(block: Block) -> None:
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    for target in re.findall(r"^\$? ?make ([a-z]+)", block.text, re.MULTILINE):
        assert target in targets


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8")):
        if not re.match(r"[a-z]+:", target):
            assert (page.parent / target).exists(), target


def test_every_page_is_reached_from_the_readme_or_the_index() -> None:
    linked = {
        (page.parent / target).resolve()
        for page in [ROOT / "README.md", ROOT / "docs" / "index.md"]
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8"))
        if not re.match(r"[a-z]+:", target)
    }
    missing = [p for p in ROOT.glob("docs/**/*.md") if p.resolve() not in linked and p.name != "index.md"]
    assert not missing
