from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cooldown_kit.documents import Document, Segment, write_documents
from cooldown_kit.events import ignore
from cooldown_kit.mix.tokens import lengths_with_prompts, read_streams, tokenise

MakeDocument = Callable[..., Document]
MakeTokens = Callable[[list[Document]], Path]


def test_every_document_comes_back_from_its_tokens_with_one_separator(
    document: MakeDocument, tokens: MakeTokens
) -> None:
    texts = ["first\n", "", "größer 🙂", "x" * 5000]
    (stream,) = read_streams(tokens([document("a.pages", i, t) for i, t in enumerate(texts)]), ["a.pages"])
    for i, text in enumerate(texts):
        ids, labels = stream.piece(i, 0, int(stream.lengths[i]))
        assert bytes(ids[:-1].tolist()).decode() == text
        assert ids[-1] == 256
        assert (ids == labels).all()


def test_held_out_documents_are_never_tokenised_for_training(
    document: MakeDocument, tokens: MakeTokens
) -> None:
    folder = tokens([document("a.pages", 0, "keep"), document("a.pages", 1, "held out", "heldout")])
    assert list(read_streams(folder, ["a.pages"])[0].ids) == ["a:pages/0"]


@pytest.mark.parametrize(("start", "end"), [(0, 12), (3, 9), (6, 12), (0, 5)])
def test_labels_of_segments_that_are_not_trained_are_masked_in_every_cut(
    document: MakeDocument, tokens: MakeTokens, start: int, end: int
) -> None:
    folder = tokens(
        [document("a.pages", 0, [Segment("ask:", False), Segment("answer"), Segment("!", False)])]
    )
    (stream,) = read_streams(folder, ["a.pages"])
    ids, labels = stream.piece(0, start, end)
    masked = [-100 if p < 4 or p == 10 else token for p, token in enumerate([*b"ask:answer!", 256])]
    assert ids.tolist() == [*b"ask:answer!", 256][start:end]
    assert labels.tolist() == masked[start:end]


segments = st.lists(
    st.builds(Segment, st.text(st.sampled_from("ab<>_é\n"), max_size=8), st.booleans())
    | st.builds(Segment, st.sampled_from(["<file_sep>", "<repo_name>"]), st.booleans(), st.booleans())
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(segments)
def test_a_document_s_tokens_are_those_of_its_segments_one_after_the_other(
    tmp_path_factory: pytest.TempPathFactory, document: MakeDocument, encoder: Any, parts: list[Segment]
) -> None:
    folder = tmp_path_factory.mktemp("tokens")
    write_documents(folder / "documents.parquet", [document("a.pages", 0, parts)])
    tokenise(folder / "documents.parquet", encoder, folder, ignore)
    (stream,) = read_streams(folder, ["a.pages"])
    ids, labels = stream.piece(0, 0, int(stream.lengths[0]))
    expected: list[int] = []
    trained: list[bool] = []
    for part in parts:
        expected += [encoder.special_token_id(part.text)] if part.token else list(part.text.encode())
        trained += [part.trained] * (len(expected) - len(trained))
    assert ids.tolist() == [*expected, 256]
    assert labels.tolist() == [*(i if t else -100 for i, t in zip(expected, trained, strict=True)), 256]


def test_prompts_are_counted_and_their_documents_measured(document: MakeDocument, tokens: MakeTokens) -> None:
    folder = tokens(
        [
            document("a.pages", 0, [Segment("ask:", False), Segment("answer")]),
            document("a.pages", 1, "plain"),
            document("b.pages", 0, "plain"),
        ]
    )
    counts = json.loads((folder / "tokens.json").read_text())["streams"]
    assert [counts[name]["untrained_tokens"] for name in ("a.pages", "b.pages")] == [4, 0]
    assert lengths_with_prompts(folder, "a.pages").tolist() == [11]
    assert lengths_with_prompts(folder, "b.pages").tolist() == []
