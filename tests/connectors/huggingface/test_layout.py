"""Which files are which configuration and split, held to the library whose users named them."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from cooldown_connectors.huggingface.card import Card, read_card
from cooldown_connectors.huggingface.choose import choose
from cooldown_connectors.huggingface.layout import CONVERTED, by_names, configs, matching
from cooldown_connectors.huggingface.listing import Listing, RemoteFile
from cooldown_connectors.huggingface.options import HuggingFaceOptions
from hypothesis import given, settings
from hypothesis import strategies as st

from cooldown_kit.errors import InputError

FOLDERS = ["", "data/", "train/", "my-test/", "dev/part/", "x/", ".git/", "__cache/", "val_2/", "contest/"]
NAMES = ["train", "test-1", "a_dev_b", "valid", "x", "evaluation.2", "retrain", "train-00000-of-00002", "extra-00001-of-00002",
         "TRAIN-1", ".train-1", "my train 3", "test"]  # fmt: skip
PATHS = st.lists(
    st.builds("{}{}.jsonl".format, st.sampled_from(FOLDERS), st.sampled_from(NAMES)),
    min_size=1,
    max_size=8,
    unique=True,
)


def theirs(paths: list[str]) -> dict[str, tuple[str, ...]]:
    """The splits that ``datasets`` finds in a folder with these files."""
    from datasets.data_files import DataFilesDict, get_data_patterns
    from datasets.exceptions import DatasetNotFoundError

    with tempfile.TemporaryDirectory() as folder:
        for path in paths:
            (Path(folder) / path).parent.mkdir(parents=True, exist_ok=True)
            (Path(folder) / path).touch()
        try:
            patterns = get_data_patterns(folder)
            files = DataFilesDict.from_patterns(patterns, base_path=folder, allowed_extensions=None)
        except (FileNotFoundError, DatasetNotFoundError):
            return {}
        return {
            str(split): tuple(sorted(Path(path).relative_to(folder).as_posix() for path in found))
            for split, found in files.items()
        }


@settings(max_examples=150, deadline=None)
@given(PATHS)
def test_splits_told_by_names_are_those_of_the_datasets_library(paths: list[str]) -> None:
    assert by_names(paths) == theirs(paths)


@pytest.mark.parametrize(
    ("files", "split"),
    [
        ("data/*.csv", {"train": ("data/*.csv",)}),
        ("[a.csv, b.csv]", {"train": ("a.csv", "b.csv")}),
        ("[{split: test, path: t.csv}, {split: train, path: [a.csv, b.csv]}]", {"test": ("t.csv",), "train": ("a.csv", "b.csv")}),
    ],
)  # fmt: skip
def test_every_form_of_declaring_files_is_understood(files: str, split: dict[str, tuple[str, ...]]) -> None:
    card = read_card(f"---\nconfigs:\n- config_name: one\n  data_files: {files}\n---\n")
    assert card.configs[0].patterns == split
    assert not card.configs[0].default


@given(st.text())
def test_any_card_is_read_or_declares_nothing(text: str) -> None:
    assert read_card(text) == Card() or text
    for head in (
        f"---\n{text}\n---\n",
        f"---\nconfigs: {text!r}\n---\n",
        f"---\nconfigs:\n- config_name: {text!r}\n---\n",
    ):
        read_card(head)


def test_a_card_that_grows_without_end_is_no_danger() -> None:
    lines = ["a0: &a0 [x]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    assert read_card("---\n" + "\n".join(lines) + "\n---\n") == Card()


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("data/*.csv", ("data/a.csv",)),
        ("./data/**/*.csv", ("data/a.csv", "data/x/b.csv")),
        ("data/**", ("data/a.csv", "data/x/b.csv")),
        ("**/*.csv", ("c.csv", "data/a.csv", "data/x/b.csv")),
        ("c.csv", ("c.csv",)),
        ("__x/*", ("__x/d.csv",)),
        ("nothing*", ()),
    ],
)
def test_globs_stay_within_a_name_and_pass_over_what_is_hidden(pattern: str, found: tuple[str, ...]) -> None:
    paths = ["data/a.csv", "data/x/b.csv", "c.csv", ".hidden/e.csv", "__x/d.csv"]
    assert matching(paths, [pattern]) == found


def test_globs_that_would_take_for_ever_match_nothing() -> None:
    path = "/".join(["a"] * 40) + "/" + "a" * 100
    assert matching([path], ["**/a*/" * 20 + "b", "*a" * 30 + "b", "**/" * 40 + "b"]) == ()
    assert matching([path], ["**/" * 40 + "*"]) == (path,)


@pytest.mark.parametrize("path", ["../api/whoami", "a/../b", "/a", "a\0b", "..", "a\\b", ""])
def test_a_path_that_leads_elsewhere_names_no_file(path: str) -> None:
    entry = {"type": "file", "path": path, "size": 1, "oid": "0" * 40}
    assert RemoteFile.of(entry) is None
    assert RemoteFile.of({**entry, "path": "a/..b/c..d.csv"}) is not None


def test_a_configuration_may_have_a_folder_of_its_own() -> None:
    card = read_card(
        "---\nconfigs:\n- config_name: de\n  data_dir: de\n- config_name: en\n  data_dir: ./en\n---\n"
    )
    found = configs(["de/train-1.csv", "de/test-1.csv", "en/a.csv", "b.csv"], card, "main")
    assert [(one.name, one.splits) for one in found] == [
        ("de", {"train": ("de/train-1.csv",), "test": ("de/test-1.csv",)}),
        ("en", {"train": ("en/a.csv",)}),
    ]


def listing(*paths: str, card: str = "") -> Listing:
    files = [RemoteFile(path=path, size=1, oid="0" * 40, large=False) for path in sorted(paths)]
    return Listing(commit="1" * 40, files=files, card=card)


def options(**values: object) -> HuggingFaceOptions:
    return HuggingFaceOptions(connector="huggingface", dataset="acme/notes", **values)


def test_the_branch_that_the_hub_converts_is_read_by_its_folders() -> None:
    held = listing(
        "default/train/0000.parquet", "default/train/0001.parquet", "big/partial-train/0000.parquet"
    )
    chosen = choose(held, options(revision=CONVERTED))
    assert [file.path for file in chosen.files] == [
        "default/train/0000.parquet",
        "default/train/0001.parquet",
    ]
    assert not chosen.partial
    chosen = choose(held, options(revision=CONVERTED, config="big"))
    assert [file.path for file in chosen.files] == ["big/partial-train/0000.parquet"]
    assert chosen.partial


CONFIGS = "---\nconfigs:\n- config_name: en\n  data_files: en/*\n- config_name: de\n  data_files: [{split: test, path: 'none*'}]\n---\n"


@pytest.mark.parametrize(
    ("held", "values", "says"),
    [
        (listing("en/a.csv", card=CONFIGS), {}, ["several configurations", "en, de"]),
        (listing("en/a.csv", card=CONFIGS), {"config": "em"}, ["no configuration 'em'", "did you mean 'en'"]),
        (listing("en/a.csv", card=CONFIGS), {"config": "de"}, ["no split 'train'", CONVERTED]),
        (listing("en/a.csv", card=CONFIGS), {"config": "de", "split": "test"}, ["'test' has no files"]),
        (
            listing("train-1.csv", "test-1.csv"),
            {"split": "tests"},
            ["no split 'tests'", "did you mean 'test'"],
        ),
        (listing("notes.py", "README.md"), {}, ["made by a script (notes.py)", "never run", CONVERTED]),
        (listing("a.arrow", "b.arrow", "c.zip"), {}, ["no file holds rows", "2 .arrow", CONVERTED]),
        (listing(), {}, ["no file holds rows", "nothing"]),
        (
            listing("data/a.csv"),
            {"files": "dada/a.csv"},
            ["no file of the set matches", "did you mean 'data/a.csv'"],
        ),
        (listing("a.zip"), {"files": "*.zip"}, ["no file holds rows"]),
    ],
)
def test_what_cannot_be_chosen_says_what_there_is(
    held: Listing, values: dict[str, object], says: list[str]
) -> None:
    with pytest.raises(InputError) as caught:
        choose(held, options(**values))
    assert all(word in str(caught.value) for word in says), caught.value
    assert caught.value.remedy
    assert caught.value.where


def test_a_script_beside_files_is_passed_by_and_descriptions_hold_no_rows() -> None:
    held = listing("notes.py", "dataset_infos.json", "a.jsonl")
    assert [file.path for file in choose(held, options()).files] == ["a.jsonl"]


def test_files_in_another_format_are_named() -> None:
    chosen = choose(listing("a.jsonl", "b.jsonl", "c.csv", "d.bin"), options(files="*"))
    assert [file.path for file in chosen.files] == ["a.jsonl", "b.jsonl"]
    assert {item.what: item.reason for item in chosen.passed_over} == {
        "acme/notes:c.csv": "other_format",
        "acme/notes:d.bin": "unknown_format",
    }
