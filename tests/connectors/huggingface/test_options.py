"""What the options refuse, and that no refusal shows what may be secret."""

from __future__ import annotations

import pytest
from cooldown_connectors.huggingface import HuggingFaceOptions
from pydantic import ValidationError


def options(**values: object) -> HuggingFaceOptions:
    return HuggingFaceOptions(connector="huggingface", **{"dataset": "acme/notes", **values})


@pytest.mark.parametrize("name", ["acme/notes", "squad", "a-b.c/d_e", "acme/notes.v2"])
def test_names_of_data_sets_are_taken(name: str) -> None:
    assert options(dataset=name).dataset == name


@pytest.mark.parametrize(
    "name",
    ["", "a/b/c", "../x", "a/..", "/a", "a/", "https://hub/a", "a b", "a--b/c", "a/b?x", "a/b%2f", "-a/b"],
)
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="not the name of a data set"):
        options(dataset=name)


@pytest.mark.parametrize("revision", ["main", "refs/convert/parquet", "v1.0", "refs/pr/3", "0" * 40])
def test_revisions_are_taken(revision: str) -> None:
    assert options(revision=revision).revision == revision


@pytest.mark.parametrize("revision", ["", "-x", "a..b", "a b", "a?b", "/a", "a\n"])
def test_what_is_no_revision_is_refused(revision: str) -> None:
    with pytest.raises(ValidationError, match="not the name of a branch"):
        options(revision=revision)


@pytest.mark.parametrize(
    "endpoint", ["https://hub.acme.com", "https://hub.acme.com/mirror", "http://127.0.0.1:8000"]
)
def test_endpoints_are_https_or_on_this_machine(endpoint: str) -> None:
    assert options(endpoint=endpoint + "/").endpoint == endpoint


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://hub.acme.com",
        "https://me:hf_secret@hub.acme.com",
        "ftp://hub",
        "hub.acme.com",
        "https://h?t=hf_secret",
    ],
)
def test_other_endpoints_are_refused_without_being_shown(endpoint: str) -> None:
    with pytest.raises(ValidationError) as caught:
        options(endpoint=endpoint)
    assert "hf_secret" not in str(caught.value)


def test_a_token_itself_is_refused_without_being_shown() -> None:
    assert options(token="env:HF_TOKEN").token == "env:HF_TOKEN"
    with pytest.raises(ValidationError, match="never stands in a recipe") as caught:
        options(token="hf_secret")
    assert "hf_secret" not in str(caught.value)


@pytest.mark.parametrize("value", ["auto", True, False])
def test_offline_has_three_states(value: object) -> None:
    assert options(offline=value).offline is value or options(offline=value).offline == value


def test_one_glob_is_a_list_of_one() -> None:
    assert options(files="a/*.csv").files == ("a/*.csv",)
