"""Which held-out documents are scored."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cooldown_kit.documents import Segment, write_documents
from cooldown_kit.evaluate.heldout import choose


def test_training_documents_are_never_chosen(document, write, byte_encoder) -> None:
    path = write([document("held", "x = 1\n"), document("trained", "y = 2\n", split="train")])
    assert [
        item.id for item in choose(path, byte_encoder(), tokens_per_kind=1000, max_document_tokens=50).items
    ] == ["held"]


def test_every_kind_has_its_own_budget_and_what_is_left_out_is_counted(document, write, byte_encoder) -> None:
    documents = [document(f"c{n}", "a" * 10) for n in range(20)]
    documents += [document(f"t{n}", "b" * 10, "text") for n in range(3)]
    documents.append(document("prompt only", [Segment("ask", trained=False)], "text"))
    selection = choose(write(documents), byte_encoder(), tokens_per_kind=100, max_document_tokens=50)
    kinds = [item.kind for item in selection.items]
    assert (kinds.count("code"), kinds.count("text")) == (10, 3)
    assert selection.skipped == {"code": {"budget_spent": 10}, "text": {"nothing_trained": 1}}


def test_of_a_long_document_the_first_tokens_are_scored_and_their_bytes_counted(
    document, write, byte_encoder
) -> None:
    text = "é" * 40 + "tail"
    path = write([document("long", text), document("short", "x")])
    items = {i.id: i for i in choose(path, byte_encoder(), tokens_per_kind=100, max_document_tokens=21).items}
    assert byte_encoder().decode(items["long"].tokens.tolist()) == "é" * 10
    assert (items["long"].bytes, items["long"].scored_tokens, items["long"].head) == (20, 20, True)
    assert not items["short"].head


def test_a_head_may_end_in_any_segment(document, write, byte_encoder) -> None:
    segments = [Segment("ask ", trained=False), Segment("answer"), Segment(" more", trained=False)]
    path = write([document("task", segments)])
    (item,) = choose(path, byte_encoder(), tokens_per_kind=100, max_document_tokens=16).items
    assert not item.head
    for limit, shown, size in [(13, "ask answer mo", 6), (8, "ask answ", 4)]:
        item = choose(path, byte_encoder(), tokens_per_kind=limit, max_document_tokens=16).items[0]
        assert byte_encoder().decode(item.tokens.tolist())[:limit] == shown[:limit]
        assert (item.bytes, item.head) == (size, True)
    selection = choose(path, byte_encoder(), tokens_per_kind=3, max_document_tokens=16)
    assert not selection.items
    assert selection.skipped == {"code": {"nothing_trained": 1}}


def test_enormous_documents_are_cut_before_they_are_tokenised(document, write, byte_encoder) -> None:
    encoder = byte_encoder()
    encoder.encode_batch = _refuse_long(encoder.encode_batch)
    path = write([document("dump", "0" * 100_000)])
    (item,) = choose(path, encoder, tokens_per_kind=100, max_document_tokens=50).items
    assert len(item.tokens) == 50


def _refuse_long(encode):
    def checked(texts: list[str]) -> list[np.ndarray]:
        assert all(len(text) < 10_000 for text in texts)
        return encode(texts)

    return checked


def test_untrained_segments_are_read_but_neither_scored_nor_counted_in_bytes(
    document, write, byte_encoder
) -> None:
    segments = [Segment("ask ", trained=False), Segment("änswer")]
    (item,) = choose(
        write([document("task", segments)]), byte_encoder(), tokens_per_kind=100, max_document_tokens=50
    ).items
    assert byte_encoder().decode(item.tokens.tolist()) == "ask änswer"
    assert item.trained.tolist() == [False] * 4 + [True] * 7
    assert (item.bytes, item.scored_tokens) == (7, 7)


def test_the_order_of_the_file_does_not_change_the_choice(document, tmp_path: Path, byte_encoder) -> None:
    documents = [document(f"d{n}", "x" * (n % 7 + 1)) for n in range(60)]
    chosen = []
    for name, order in (("forward", documents), ("backward", documents[::-1])):
        path = tmp_path / name
        write_documents(path, order)
        chosen.append(
            [
                item.id
                for item in choose(path, byte_encoder(), tokens_per_kind=80, max_document_tokens=50).items
            ]
        )
    assert chosen[0] == chosen[1]
    assert 10 < len(chosen[0]) < 60


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    sizes=st.lists(st.integers(1, 40), min_size=1, max_size=40),
    budget=st.integers(4, 300),
    added=st.integers(0, 10),
)
def test_choice_stays_within_the_budget_and_added_documents_only_displace_later_ones(
    tmp_path_factory: pytest.TempPathFactory,
    document,
    byte_encoder,
    sizes: list[int],
    budget: int,
    added: int,
) -> None:
    path = tmp_path_factory.mktemp("choice") / "documents.parquet"
    documents = [document(f"d{n}", "x" * size) for n, size in enumerate(sizes)]
    write_documents(path, documents)
    chosen = choose(path, byte_encoder(), tokens_per_kind=budget, max_document_tokens=50).items
    first = [item.id for item in chosen]
    assert sum(len(item.tokens) for item in chosen) <= budget
    assert all(len(item.tokens) == min(sizes[int(item.id[1:])], budget) for item in chosen)
    write_documents(path, [*documents, *(document(f"new{n}", "y") for n in range(added))])
    selection = choose(path, byte_encoder(), tokens_per_kind=budget, max_document_tokens=50)
    second = [item.id for item in selection.items]
    assert len(second) + sum(selection.skipped.get("code", {}).values()) == len(sizes) + added
    news = [index for index, identity in enumerate(second) if identity.startswith("new")]
    before_news = second[: news[0]] if news else second
    assert before_news == first[: len(before_news)]


def test_special_tokens_are_read_but_neither_scored_nor_counted_in_bytes(
    document, write, byte_encoder
) -> None:
    plain = [Segment("a.py\n"), Segment("x = 1\n")]
    marked = [Segment("<file_sep>", token=True), *plain]
    path = write([document("plain", plain), document("marked", marked)])
    items = {i.id: i for i in choose(path, byte_encoder(), tokens_per_kind=100, max_document_tokens=50).items}
    assert items["marked"].bytes == items["plain"].bytes == 11
    assert items["marked"].scored_tokens == items["plain"].scored_tokens == 11
    assert items["marked"].trained.tolist() == [False] + [True] * 11
    assert byte_encoder().decode(items["marked"].tokens.tolist()) == "<file_sep>a.py\nx = 1\n"


def test_a_document_of_special_tokens_alone_holds_nothing_to_score(document, write, byte_encoder) -> None:
    path = write([document("marks", [Segment("<file_sep>", token=True)])])
    selection = choose(path, byte_encoder(), tokens_per_kind=100, max_document_tokens=50)
    assert not selection.items
    assert selection.skipped == {"code": {"nothing_trained": 1}}


@pytest.mark.parametrize(("limit", "shown"), [(3, "<file_sep>ab"), (4, "<file_sep>ab<file_sep>"), (9, None)])
def test_a_special_token_counts_as_one_token_of_the_head_and_is_never_cut(
    document, write, byte_encoder, limit: int, shown: str | None
) -> None:
    mark = Segment("<file_sep>", token=True)
    path = write([document("files", [mark, Segment("ab"), mark, Segment("cd")])])
    (item,) = choose(path, byte_encoder(), tokens_per_kind=100, max_document_tokens=limit).items
    assert byte_encoder().decode(item.tokens.tolist()) == (shown or "<file_sep>ab<file_sep>cd")
    assert item.head == (shown is not None)
