"""YAML with places, the same from libyaml and from PyYAML's own parser."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cooldown_kit import yaml_source
from cooldown_kit.errors import RecipeError
from cooldown_kit.yaml_source import parse_yaml

LOADERS = {
    "libyaml": yaml_source._LOADER,
    "python": yaml.SafeLoader,
}  # one and the same where PyYAML has no libyaml
EXAMPLES = sorted((Path(__file__).resolve().parent.parent / "examples").glob("*/*.yaml"))


@pytest.fixture(params=LOADERS, autouse=True)
def _loader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(yaml_source, "_LOADER", LOADERS[request.param])
    yield


def refused(text: str, **more: int) -> str:
    with pytest.raises(RecipeError) as caught:
        parse_yaml(text, "r.yaml", **more)
    return str(caught.value)


def test_every_key_and_value_has_its_line() -> None:
    source = parse_yaml("# é 😀\na: 1\nb:\n  - x\n  - {c: 2,\n     d: 3}\ne: |\n  two\n  lines\n", "r")
    assert source.data == {"a": 1, "b": ["x", {"c": 2, "d": 3}], "e": "two\nlines\n"}
    assert source.lines == {
        (): 2,
        ("a",): 2,
        ("b",): 3,
        ("b", 0): 4,
        ("b", 1): 5,
        ("b", 1, "c"): 5,
        ("b", 1, "d"): 6,
        ("e",): 7,
    }
    assert (source.line(("b", 1, "d", "x")), source.line(("f",))) == (6, None)


def test_values_are_those_of_yaml() -> None:
    text = "a: 1e3\nb: 0x1F\nc: yes\nd: 1_000\ne: .nan\nf: ~\ng: 2026-01-02\nh: '1'\ni: &x [1]\nj: *x\n"
    data = parse_yaml("\ufeff" + text.replace("\n", "\r\n"), "r").data
    assert math.isnan(data.pop("e"))
    assert data == {
        **{"a": "1e3", "b": 31, "c": True, "d": 1000, "f": None},
        **{"g": datetime.date(2026, 1, 2), "h": "1", "i": [1], "j": [1]},
    }
    assert parse_yaml("", "r").data is None and parse_yaml("# no more\n", "r").data is None


_WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=12)
_DATA = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | _WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_WORDS, inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=_DATA, flow=st.booleans())
def test_what_was_written_is_read(data: object, flow: bool) -> None:
    text = yaml.safe_dump(data, allow_unicode=True, default_flow_style=flow)
    assert parse_yaml(text, "r").data == data


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_both_read_the_examples_alike(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = parse_yaml(path.read_text(encoding="utf-8"), str(path))
    for loader in LOADERS.values():
        monkeypatch.setattr(yaml_source, "_LOADER", loader)
        assert parse_yaml(path.read_text(encoding="utf-8"), str(path)) == read


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: 1\nb: c: d\n", "r.yaml, line 2: this is not YAML: mapping values are not allowed"),
        ("a: 1\nb: @c\n", "r.yaml, line 2: this is not YAML: found "),
        ("a: 'x", "this is not YAML: found unexpected end of stream"),
        ("a: [", "this is not YAML"),
        ("a: \x07", "unacceptable character #x0007"),
        ("a: \0", "unacceptable character #x0000"),
        ("a: 1\nb: \ud800", "this is not YAML"),
        ("a: *x", "found undefined alias"),
        ("a: 1\n---\nb: 2", "r.yaml, line 2: this is not YAML: but found another document"),
        ("a: 1\na: 2", "r.yaml, line 2: `a` is given twice, on lines 1 and 2"),
        ("[a]: 1", "cannot be a key"),
        ("a: 1\nb: !!python/object/apply:os.system [id]", "r.yaml, line 2: the tag "),
        ("a: !own 1", "the tag '!own' means nothing in a recipe"),
        ("a: &x {b: 1}\nc: {<<: *x}", "r.yaml, line 2: `<<` merges nothing in a recipe"),
        ("a: 2026-13-01", "is not a value"),
        ("a: &x [*x]", "r.yaml: values are nested too deeply"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(text: str, says: str) -> None:
    assert says in refused(text)


def test_a_character_that_begins_nothing_is_named() -> None:
    for character in "@`":
        assert repr(character) in refused(f"a: 1\n{character}b: 2\n")


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "{? "])
def test_what_is_nested_too_deeply_is_refused_however_deep(opening: str) -> None:
    assert "line 1: values are nested too deeply" in refused(opening * 5_000)
    closing = {"[": "]", "{a: ": "}", "- ": "", "{? ": "}"}[opening]
    assert "line 1: values are nested too deeply" in refused(opening * 65 + "x" + closing * 65)
    if opening != "{? ":
        parse_yaml(opening * 64 + "x" + closing * 64, "r")


def test_what_multiplies_by_aliases_is_refused_and_so_is_a_long_list() -> None:
    bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{name}: &{name} [{','.join([f'*{before}'] * 9)}]\n"
        for before, name in zip("abcdefg", "bcdefgh", strict=True)
    )
    assert "more than 100,000 values" in refused(bomb)
    assert "more than 10 values" in refused("[" + "x," * 10 + "]", most_nodes=10)
    assert "more than 10 values" in refused(
        "{" + ",".join(f"k{n}: 1" for n in range(10)) + "}", most_nodes=10
    )
    assert len(parse_yaml("[" + "x," * 9 + "]", "r", most_nodes=10).data) == 9
    assert len(parse_yaml("{" + ",".join(f"k{n}: 1" for n in range(9)) + "}", "r", most_nodes=10).data) == 9


def test_a_message_repeats_no_line_of_the_file() -> None:
    for text in ("token: 'hunter2\n", "token: hunter2: x", "hunter2: [", "- hunter2\nb: c", "@hunter2"):
        assert "hunter2" not in refused(text)
