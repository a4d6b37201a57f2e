from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cooldown_kit.errors import RecipeError
from cooldown_kit.mix.options import MixOptions
from cooldown_kit.mix.shares import MixPlan, StreamSize, plan_mixture

STREAMS = [
    StreamSize("book", "pages", "text", 1_000_000, 100),
    StreamSize("pay", "commits", "code", 100_000, 300),
    StreamSize("pay", "files", "code", 400_000, 80),
]


def _plan(streams: list[StreamSize] = STREAMS, **options: Any) -> MixPlan:
    return plan_mixture(
        MixOptions(**{"sequence_length": 1000, **options}),
        streams,
        code_share=0.2,
        code_share_reason="goal",
        context_length=8192,
        rows_multiple_of=8,
    )


def test_shares_given_by_source_and_by_stream_are_taken_as_they_are() -> None:
    plan = _plan(
        tokens="400k", shares={"text": {"book": "80%"}, "code": {"pay.commits": "15%", "pay.files": "5%"}}
    )
    assert [(s.name, s.share) for s in plan.sources] == [
        ("book", Fraction(4, 5)),
        ("pay.commits", Fraction(3, 20)),
        ("pay.files", Fraction(1, 20)),
    ]
    assert plan.rows == 400
    assert plan.epochs(plan.sources[1]) == pytest.approx(0.6)


def test_a_source_named_as_a_whole_pools_its_streams() -> None:
    plan = _plan(tokens="400k", shares={"text": {"book": 0.8}, "code": {"pay": 0.2}})
    assert plan.sources[1].tokens == 500_000


def test_without_shares_the_goal_splits_and_sizes_are_evened() -> None:
    plan = _plan(tokens="400k")
    assert {s.name: float(s.share) for s in plan.sources} == {
        "book.pages": 0.8,
        "pay.commits": 0.1,
        "pay.files": 0.1,
    }
    assert plan.reasons["mix.shares"] == "goal"


@given(st.lists(st.integers(1, 10_000_000), min_size=1, max_size=6), st.integers(8_000, 100_000_000))
def test_evened_shares_add_up_and_never_read_a_source_too_often_where_that_can_be(
    sizes: list[int], tokens: int
) -> None:
    streams = [
        StreamSize("t", "pages", "text", 10**9, 1),
        *(StreamSize(f"c{i}", "files", "code", n, 1) for i, n in enumerate(sizes)),
    ]
    plan = _plan(streams, tokens=tokens, max_epochs=1e12)
    assert sum(s.share for s in plan.sources) == 1
    code = [s for s in plan.sources if s.group == "code"]
    if 0.2 * plan.tokens < 4 * sum(sizes):
        assert all(plan.epochs(s) <= 4 * 1.02 + 0.01 * plan.tokens / s.tokens for s in code)


def test_an_impossible_share_names_the_source_and_both_remedies() -> None:
    with pytest.raises(RecipeError) as error:
        _plan(tokens="100M", shares={"text": {"book": 0.8}, "code": {"pay.commits": 0.2}})
    text = str(error.value)
    assert "`book`" in text
    assert "raise `mix.max_epochs` to 81" in text or "raise `mix.max_epochs` to 80" in text
    assert "lower `mix.tokens` to 20,000,000" in text


def test_the_remedies_of_an_impossible_share_work() -> None:
    shares = {"text": {"book": 0.8}, "code": {"pay.commits": 0.2}}
    assert _plan(tokens=7_992_000, shares=shares).tokens <= 8_000_000
    assert _plan(tokens="100M", shares=shares, max_epochs=201).tokens == 100_000_000


def test_a_source_without_tokens_is_named() -> None:
    with pytest.raises(RecipeError, match=r"`pay.commits` has a share of 20.0% but not one training token"):
        _plan(
            [STREAMS[0], StreamSize("pay", "commits", "code", 0, 0)],
            shares={"text": {"book": 0.8}, "code": {"pay.commits": 0.2}},
        )


def test_an_unknown_stream_gets_the_nearest_known_one() -> None:
    with pytest.raises(RecipeError, match=r"did you mean `pay.commits`"):
        _plan(shares={"text": {"book": 0.8}, "code": {"pay.comits": 0.2}})


def test_a_stream_claimed_twice_is_refused() -> None:
    with pytest.raises(RecipeError, match=r"`pay.files` and `pay` both claim pay.files"):
        _plan(shares={"text": {"book": 0.8}, "code": {"pay": 0.1, "pay.files": 0.1}})


def test_more_than_four_epochs_warn_and_unused_streams_are_named() -> None:
    plan = _plan(tokens="6M", shares={"text": {"book": 0.9}, "code": {"pay.commits": 0.1}})
    assert any(w.startswith("book is read 5.4 times") for w in plan.warnings)
    assert any(w.startswith("pay.files was harvested") for w in plan.warnings)


def test_auto_tokens_read_the_scarcest_source_four_times() -> None:
    plan = _plan(shares={"text": {"book": 0.9}, "code": {"pay.commits": 0.1}})
    assert plan.tokens == 4_000_000
    assert "pay.commits" in plan.reasons["mix.tokens"]


def test_a_budget_is_rounded_up_to_whole_steps() -> None:
    plan = _plan(tokens=8_001)
    assert plan.rows == 16
    assert "rounded up" in plan.reasons["mix.tokens"]


def test_a_missing_family_names_the_remedy() -> None:
    with pytest.raises(RecipeError, match=r"wants 80% text, but no source gives any"):
        _plan(STREAMS[1:])


def test_sequences_longer_than_the_context_are_refused() -> None:
    with pytest.raises(RecipeError, match="do not fit the model's context of 8192"):
        _plan(sequence_length=9000)


def test_shares_that_do_not_add_up_are_refused() -> None:
    with pytest.raises(ValueError, match=r"add up to 90\.0000%"):
        MixOptions(shares={"text": {"a": 0.9}})


def test_a_family_whose_documents_were_all_held_out_is_told_from_one_that_has_no_source() -> None:
    empty = StreamSize("book", "pages", "text", 0, 0)
    with pytest.raises(RecipeError, match=r"book.pages left not one training token") as error:
        _plan([empty, *STREAMS[1:]])
    assert "held out" in str(error.value)
