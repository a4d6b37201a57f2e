"""The process that reads imports: the same answers, and no file that stops the work."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cooldown_kit.render.imports.families import FAMILIES, Found, find_imports
from cooldown_kit.render.imports.reader import ImportReader
from cooldown_kit.render.imports.syntax import MAX_BYTES

LANGUAGES = [language for family in FAMILIES for language in family.grammars]


@pytest.fixture(scope="module")
def reader() -> Iterator[ImportReader]:
    with ImportReader() as reader:
        yield reader


@pytest.mark.parametrize(
    ("language", "content"),
    [
        ("Python", "import a\nfrom b import c\n"),
        ("TSX", 'import a from "./a"'),
        ("Go", 'package a\nimport "b/ü"\n'),
        ("Python", "x = 1\n"),
        ("Rust", ""),
        ("Haskell", "import Data.List\n"),
        (None, "import a\n"),
    ],
)
def test_the_process_answers_as_the_function_does(
    reader: ImportReader, language: str | None, content: str
) -> None:
    assert reader.read(language, content) == find_imports(language, content)


@given(st.sampled_from(LANGUAGES), st.text(alphabet="import \"'(){};:use*/<>\n#.a\x00ü", max_size=200))
@settings(max_examples=300)
def test_whatever_stands_in_a_file_reading_it_does_no_harm(language: str, text: str) -> None:
    found = find_imports(language, "import a use mod include require export\n" + text)
    assert all(isinstance(name, str) for name in found.imports)
    assert found == find_imports(language, "import a use mod include require export\n" + text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_huge_files_are_not_parsed_and_said_so(reader: ImportReader, language: str) -> None:
    words = "import include use "
    assert reader.read(language, words + "x" * MAX_BYTES) == Found(not_read="too_large_to_parse")


@pytest.mark.parametrize(
    ("language", "pattern"),
    [("Rust", "use a(="), ("Go", "(/*"), ("C++", "/*include <a>"), ("TypeScript", "->")],
)
def test_files_that_recovery_is_slow_on_are_told_beforehand(language: str, pattern: str) -> None:
    found = find_imports(language, pattern * 7000 + "\nimport use include")
    assert found == Found(not_read="too_hard_to_parse")


def test_a_process_that_was_lost_meanwhile_costs_one_file_and_is_replaced() -> None:
    with ImportReader() as reader:
        reader.start("Python", "import a\n")
        reader._worker.kill()
        reader._worker.wait()
        assert reader.finish() in (Found(("a",)), Found(not_read="too_hard_to_parse"))
        assert {reader.read("Python", "import b\n"), reader.read("Python", "import b\n")} <= {
            Found(("b",)),
            Found(not_read="too_hard_to_parse"),
        }
        assert reader.read("Python", "import c\n").imports == ("c",)


def test_a_file_that_ends_the_process_costs_only_its_own_imports() -> None:
    with ImportReader() as reader:
        assert reader.read("Python", "import a\n").imports == ("a",)
        reader._worker.kill()
        reader._worker.wait()
        assert reader.read("Python", "import b\n") == Found(not_read="too_hard_to_parse")
        assert reader.read("Python", "import c\n").imports == ("c",)


def test_a_file_that_needs_too_much_memory_is_too_hard() -> None:
    """This one takes gigabytes at a few tens of kilobytes, with all brackets closed."""
    with ImportReader() as reader:
        found = reader.read("Java", "import a.b;" + "def =>template<" * 4000)
        assert found == Found(not_read="too_hard_to_parse")
        assert reader.read("Java", "import a.b;").imports == ("a.b",)
