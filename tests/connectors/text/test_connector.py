"""The connector as the pipeline uses it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from cooldown_connectors.text import TextConnector, TextOptions

from cooldown_kit.connector import Take
from cooldown_kit.errors import InputError
from cooldown_kit.events import Progress


def options(path: str, **values: object) -> TextOptions:
    return TextOptions(connector="text", path=path, **values)


def test_a_folder_gives_its_pages_in_sorted_order_and_names_the_rest(harvest, write) -> None:
    for name in ("b/z.md", "b/a.html", "a.txt", "c.rst", "code.py", "d.markdown", "B.md"):
        write(f"docs/{name}", "<p>text</p>" if name.endswith("html") else "text\n")
    result = harvest("docs")
    assert result.ids == ["B.md", "a.txt", "b/a.html", "b/z.md", "c.rst", "d.markdown"]
    assert result.reasons == {"code.py": "unknown_format"}
    assert {page.take for page in result.pages} == {"pages"}


@pytest.mark.parametrize("family", ["text", "code"])
def test_there_is_one_take_of_the_family_asked_for(family: str) -> None:
    assert TextConnector().takes(options("x", family=family)) == (Take("pages", family),)


def test_formats_that_are_not_asked_for_are_counted(harvest, write) -> None:
    write("docs/a.md")
    write("docs/rows.jsonl", '{"text": "row"}\n')
    result = harvest("docs", formats=["jsonl"])
    assert result.ids == ["rows.jsonl#1"]
    assert result.reasons == {"a.md": "format_not_asked"}


def test_a_file_that_is_named_itself_is_read_whatever_its_extension(harvest, write) -> None:
    write("docs/LICENSE", "Terms.\n")
    assert harvest("docs/LICENSE").pages[0].text == "Terms.\n"


def test_progress_ends_at_the_number_of_files(harvest, write) -> None:
    for number in range(3):
        write(f"docs/{number}.md")
    last = harvest("docs").events[-1]
    assert isinstance(last, Progress)
    assert (last.done, last.total, last.unit) == (3, 3, "files")


def test_a_file_that_vanishes_between_listing_and_reading_is_counted(context, write) -> None:
    paths = [write(f"docs/{number}.md") for number in range(2)]
    items = TextConnector().harvest(options("docs"), context)
    assert next(items).id == "0.md"
    paths[1].unlink()
    assert next(items).reason == "unreadable"


def test_check_accepts_what_can_be_read(context, write) -> None:
    write("docs/a.md")
    for path in ("docs", "docs/a.md", "docs/*.md", "**/*.md"):
        TextConnector().check(options(path), context)


@pytest.mark.parametrize(
    ("path", "values", "says"),
    [
        ("dosc", {}, ["no 'dosc'", "docs"]),
        ("docs/gide.md", {}, ["no 'gide.md'", "guide.md"]),
        ("dosc/**/*.md", {}, ["no 'dosc'", "docs"]),
        ("docs/*.rst", {}, ["no file matches", "docs"]),
        ("docs", {"formats": ["parquet"]}, ["no file can be read", "2 format_not_asked", "`formats`"]),
        ("code", {}, ["no file can be read", "1 unknown_format", "markdown"]),
        ("empty", {}, ["the folder is empty"]),
        ("docs/guide.md", {"max_file_size": 3}, ["5 bytes", "`max_file_size`"]),
        ("broken", {}, ["broken link"]),
        ("pipe", {}, ["neither a file nor a folder"]),
        ("docs/guide.md/inner", {}, ["no 'inner'"]),
        ("a" * 300, {}, ["cannot be read"]),
        ("package:no_such_package/x", {}, ["no installed package 'no_such_package'"]),
        ("package:hypothesi/x", {}, ["did you mean 'hypothesis'"]),
        ("package:hypothesis/vendor/tlds-alpha.txt", {}, ["did you mean", "tlds-alpha-by-domain.txt"]),
        ("package:hypothesis/../x", {}, ["may not lead out"]),
        ("package:this", {}, ["single module"]),
        ("package:os.path/x", {}, ["no installed package"]),
    ],
)
def test_check_says_what_is_wrong_where_and_what_to_do(path, values, says, context, write) -> None:
    write("docs/guide.md")
    write("docs/intro.txt")
    write("code/main.py")
    (context.folder / "empty").mkdir()
    (context.folder / "broken").symlink_to("nowhere")
    os.mkfifo(context.folder / "pipe")
    with pytest.raises(InputError) as caught:
        TextConnector().check(options(path, **values), context)
    assert all(word in str(caught.value) for word in says), caught.value
    assert caught.value.remedy
    assert caught.value.where


def test_a_package_file_is_found_without_importing_the_package(harvest, context, write, monkeypatch) -> None:
    write("site/bank_handbook/__init__.py", "raise SystemExit('imported')")
    write("site/bank_handbook/pages/one.md", "# One\n")
    monkeypatch.syspath_prepend(str(context.folder / "site"))
    for path in (
        "package:bank_handbook/pages/one.md",
        "package:bank_handbook/pages",
        "package:bank_handbook/**/*.md",
    ):
        assert [page.title for page in harvest(path).pages] == ["One"]


def test_fingerprint_changes_with_the_files_and_only_with_them(context, write) -> None:
    path = write("docs/a.md")
    write("docs/b.md")

    def fingerprint() -> object:
        return TextConnector().fingerprint(options("docs"), context)

    first = fingerprint()
    assert first == fingerprint()
    os.utime(path, ns=(1, 1))
    second = fingerprint()
    assert second != first
    path.write_text("longer than it was\n")
    os.utime(path, ns=(1, 1))
    third = fingerprint()
    assert third != second
    write("docs/c.md")
    assert fingerprint() != third


def test_fingerprint_of_many_files_is_small_and_reads_no_contents(context, write, monkeypatch) -> None:
    for number in range(100):
        write(f"docs/{number}.md")
    real_open = Path.open

    def watched(path: Path, *args: object, **kwargs: object):
        assert path.suffix != ".md", "contents were read"
        return real_open(path, *args, **kwargs)

    monkeypatch.setattr(Path, "open", watched)
    first = TextConnector().fingerprint(options("docs"), context)
    assert first["count"] == 100
    assert len(str(first)) < 400
    os.utime(context.folder / "docs/99.md", ns=(1, 1))
    assert TextConnector().fingerprint(options("docs"), context) != first


def test_options_refuse_an_encoding_that_is_none() -> None:
    for name in ("utf-9", "hex"):
        with pytest.raises(ValueError, match="not a text encoding"):
            options("x", encoding=name)


def test_loading_the_connector_imports_nothing_heavy() -> None:
    code = "import sys, cooldown_connectors.text; sys.exit(len({'bs4', 'markdownify', 'pyarrow.parquet'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_thousand_small_files_take_little_time(harvest, write) -> None:
    for number in range(1000):
        write(f"docs/{number // 100}/{number}.md", f"# Page {number}\n")
    start = time.process_time()
    assert len(harvest("docs").pages) == 1000
    assert time.process_time() - start < 5
