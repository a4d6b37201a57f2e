"""Which record gets which layout."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cooldown_kit.render.layouts import Layouts
from cooldown_kit.render.options import RenderOptions

SHARES = {"diff": 0.5, "before_after": 0.2, "task": 0.3}


def test_layouts_get_their_shares_of_many_records() -> None:
    layouts = Layouts(RenderOptions(commit=SHARES), seed=17)
    chosen = [layouts.choose("commit", f"r@{number}") for number in range(4000)]
    for name, share in SHARES.items():
        assert abs(chosen.count(name) / len(chosen) - share) < 0.03


@given(st.text(), st.integers(min_value=0))
def test_a_record_gets_the_same_layout_under_the_same_seed(identity: str, seed: int) -> None:
    options = RenderOptions(commit=SHARES)
    first, second = (Layouts(options, seed).choose("commit", identity) for _ in range(2))
    assert first == second
    assert 0 <= Layouts(options, seed).fraction("commit", identity) < 1


def test_another_seed_deals_otherwise_and_a_raised_share_takes_nothing_away() -> None:
    ids = [f"r@{number}" for number in range(200)]
    half = Layouts(RenderOptions(commit={"diff": 0.5, "task": 0.5}), 1)
    assert [half.choose("commit", i) for i in ids] != [
        Layouts(half.options, 2).choose("commit", i) for i in ids
    ]
    more = Layouts(RenderOptions(commit={"diff": 0.6, "task": 0.4}), 1)
    assert all(more.choose("commit", i) == "diff" for i in ids if half.choose("commit", i) == "diff")


def test_special_tokens_are_used_only_where_the_recipe_turns_them_on() -> None:
    tokens = frozenset({"<file_sep>"})
    assert Layouts(RenderOptions(), tokenizer_tokens=tokens).tokens == frozenset()
    assert Layouts(RenderOptions(special_tokens=True), tokenizer_tokens=tokens).tokens == tokens
