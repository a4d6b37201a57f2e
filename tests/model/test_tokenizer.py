import json
import shutil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from cooldown_kit.errors import InputError, RecipeError
from cooldown_kit.model.tokenizer import Encoder, load_tokenizer


@pytest.fixture(scope="module")
def encoder(tiny_model):
    return Encoder(tiny_model)


@pytest.mark.parametrize(
    "text",
    [
        "def f(x):\n    if x:\n        return x\n",
        "all:\n\tmake\r\n\t\tdone \r\n\r\n",
        "   leading and trailing   \n\n\n",
        "Größe cafe\u0301 漢字 🎉 👩‍💻 \u200b\ufeff\x00\x7f",
        "a <|endoftext|> b <repo_name>c<file_sep>",
        "",
    ],
)
def test_decoding_gives_back_what_was_encoded(encoder, text):
    (ids,) = encoder.encode_batch([text])
    assert encoder.decode(ids) == text


@given(st.text(st.characters(exclude_categories=["Cs"])))
@settings(max_examples=200, deadline=None)
def test_decoding_gives_back_any_text(encoder, text):
    (ids,) = encoder.encode_batch([text])
    assert encoder.decode(ids) == text


@given(st.lists(st.sampled_from(["<|endoftext|>", "<repo_name>", "<file_sep>", " ", "x", "\n"])))
@settings(max_examples=100, deadline=None)
def test_no_text_can_spell_a_special_token(encoder, parts):
    (ids,) = encoder.encode_batch(["".join(parts)])
    assert not np.isin(ids, [0, 1, 2]).any()


def test_texts_of_a_batch_do_not_change_each_other(encoder):
    texts = ["import os\n", "", "x" * 1000]
    together = encoder.encode_batch(texts)
    assert [ids.dtype for ids in together] == [np.int32] * 3
    for text, ids in zip(texts, together, strict=True):
        assert np.array_equal(ids, encoder.encode_batch([text])[0])


def test_ids_are_those_of_the_models_own_tokenizer(encoder, tiny_model):
    text = "class A:\n\tdef f(self):\r\n\t\treturn 12.5e-3\n"
    assert encoder.encode_batch([text])[0].tolist() == load_tokenizer(tiny_model)(text).input_ids


def test_auto_takes_endoftext_and_says_why(encoder):
    assert (encoder.separator_token, encoder.separator_id) == ("<|endoftext|>", 0)
    assert "special token" in encoder.separator_reason
    assert encoder.vocabulary == 800
    assert encoder.bos_id is None


def edit_json(path, change):
    value = json.loads(path.read_text())
    change(value)
    path.write_text(json.dumps(value))


def test_auto_falls_back_to_eos(copy_of):
    folder = copy_of("model")
    edit_json(folder / "tokenizer.json", lambda v: v["added_tokens"].pop(0))
    edit_json(
        folder / "tokenizer_config.json",
        lambda v: v.update(eos_token="<file_sep>", bos_token=None, unk_token=None),
    )
    encoder = Encoder(folder)
    assert (encoder.separator_token, encoder.separator_id) == ("<file_sep>", 2)
    assert "EOS" in encoder.separator_reason


def test_a_separator_that_is_no_special_token_is_refused_with_those_that_are(tiny_model):
    with pytest.raises(RecipeError) as error:
        Encoder(tiny_model, "<|end|>")
    assert "<repo_name>" in error.value.remedy


def test_a_bos_is_put_exactly_where_the_tokenizer_puts_it(copy_of):
    folder = copy_of("model")
    bos = {"SpecialToken": {"id": "<|endoftext|>", "type_id": 0}}
    post = {
        "type": "TemplateProcessing",
        "single": [bos, {"Sequence": {"id": "A", "type_id": 0}}],
        "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
        "special_tokens": {"<|endoftext|>": {"id": "<|endoftext|>", "ids": [0], "tokens": ["<|endoftext|>"]}},
    }
    edit_json(folder / "tokenizer.json", lambda v: v.update(post_processor=post))
    encoder = Encoder(folder)
    assert encoder.bos_id == 0
    assert 0 not in encoder.encode_batch(["text"])[0]  # whoever packs puts it, so never twice


def test_a_saved_truncation_or_padding_changes_no_text(copy_of):
    folder = copy_of("model")
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_truncation(4)
    tokenizer.enable_padding(length=64)
    tokenizer.save(str(folder / "tokenizer.json"))
    text = "one two three four five six seven eight"
    encoder = Encoder(folder)
    (ids,) = encoder.encode_batch([text])
    assert encoder.decode(ids) == text


def test_the_digest_changes_with_the_tokenizer_and_the_separator_only(tiny_model, copy_of, encoder):
    same, other = copy_of("same"), copy_of("other")
    edit_json(other / "tokenizer.json", lambda v: v["pre_tokenizer"].update(add_prefix_space=True))
    assert Encoder(same).digest == encoder.digest
    assert Encoder(other).digest != encoder.digest
    assert Encoder(tiny_model, "<file_sep>").digest != encoder.digest


def test_a_folder_without_a_tokenizer_is_refused(tiny_model, tmp_path):
    for name in ("config.json", "model.safetensors"):
        shutil.copy(tiny_model / name, tmp_path / name)
    with pytest.raises(InputError, match="tokenizer cannot be loaded"):
        Encoder(tmp_path)


def test_a_broken_tokenizer_is_refused(copy_of):
    folder = copy_of("model")
    (folder / "tokenizer.json").write_text('{"version": "1.0", "model": ')
    with pytest.raises(InputError, match="tokenizer cannot be loaded"):
        Encoder(folder)
