"""Only a segment that says so becomes a special token, and it becomes exactly that one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cooldown_kit.documents import Segment
from cooldown_kit.errors import InputError
from cooldown_kit.model.segments import encode_segments
from cooldown_kit.model.tokenizer import Encoder, load_tokenizer, special_token_ids, special_token_names

NAMES = ["<|endoftext|>", "<repo_name>", "<file_sep>"]
texts = st.lists(st.sampled_from([*NAMES, "<", "file_sep>", "é", " ", "\n", "x = 1", "🎉"]), max_size=6).map(
    "".join
)
segments = st.lists(
    st.builds(Segment, texts) | st.builds(Segment, st.sampled_from(NAMES[1:]), st.booleans(), st.just(True)),
    max_size=8,
)


@pytest.fixture(scope="module")
def encoder(tiny_model):
    return Encoder(tiny_model)


@pytest.fixture(scope="module")
def smollm2_encoder(smollm2):
    return Encoder(smollm2)


def check(encoder, parts):
    ids = encode_segments(parts, encoder)
    specials = {encoder.special_token_id(name) for name in NAMES}
    for part, piece in zip(parts, ids, strict=True):
        if part.token:
            assert piece.tolist() == [encoder.special_token_id(part.text)]
        else:
            assert not specials & set(piece.tolist())
            assert np.array_equal(piece, encoder.encode_batch([part.text])[0])
        assert piece.dtype == np.int32
    together = np.concatenate(ids) if ids else []
    assert encoder.decode(together) == "".join(part.text for part in parts)


@given(segments)
@settings(max_examples=200, deadline=None)
def test_a_literal_name_stays_text_and_a_token_segment_is_one_token(encoder, parts):
    check(encoder, parts)


@pytest.mark.real_model
@given(segments)
@settings(max_examples=100, deadline=None)
def test_the_same_holds_for_the_tokenizer_of_smollm2(smollm2_encoder, parts):
    check(smollm2_encoder, parts)


def test_a_token_that_the_tokenizer_does_not_have_is_refused_with_its_name_and_the_remedy(encoder):
    with pytest.raises(InputError) as error:
        encode_segments([Segment("a"), Segment("<commit_before>", token=True)], encoder)
    assert "<commit_before>" in error.value.what
    assert "render.special_tokens" in error.value.remedy


def test_an_ordinary_token_is_no_special_one(encoder):
    with pytest.raises(InputError, match="does not have"):
        encoder.special_token_id("def")


def test_names_are_read_from_the_file_as_the_loaded_tokenizer_has_them(tiny_model, copy_of):
    assert special_token_names(tiny_model) == tuple(sorted(NAMES))
    assert set(special_token_names(tiny_model)) == set(
        special_token_ids(load_tokenizer(tiny_model).backend_tokenizer)
    )


@pytest.mark.real_model
def test_smollm2_has_the_tokens_of_repositories_and_notebooks_and_none_of_commits(smollm2):
    names = special_token_names(smollm2)
    assert {"<repo_name>", "<file_sep>", "<jupyter_start>", "<jupyter_code>", "<empty_output>"} <= set(names)
    assert not {"<commit_before>", "<commit_msg>", "<commit_after>"} & set(names)
