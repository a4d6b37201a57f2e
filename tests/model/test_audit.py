import json
from pathlib import Path

import pytest
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from cooldown_kit.model.audit import audit_tokenizer


def codes(folder: Path, separator: str = "auto") -> dict[str, str]:
    """Code → level of every finding; each must say what to do."""
    findings = audit_tokenizer(folder, separator)
    assert all(f.text and f.remedy for f in findings)
    return {f.code: f.level for f in findings}


def edit(path: Path, **changes) -> None:
    value = json.loads(path.read_text())
    path.write_text(json.dumps({k: v for k, v in {**value, **changes}.items() if v is not None}))


def edit_tokenizer(folder: Path, change) -> None:
    path = str(folder / "tokenizer.json")
    tokenizer = Tokenizer.from_file(path)
    change(tokenizer)
    tokenizer.save(path)


def bos_first(times: int) -> dict:
    """A post-processor, as tokenizer.json holds it, that puts BOS before every text."""
    bos = {"SpecialToken": {"id": "<|endoftext|>", "type_id": 0}}
    text = {"Sequence": {"id": "A", "type_id": 0}}
    token = {"id": "<|endoftext|>", "ids": [0], "tokens": ["<|endoftext|>"]}
    return {
        "type": "TemplateProcessing",
        "single": [bos] * times + [text],
        "pair": [text, {"Sequence": {"id": "B", "type_id": 1}}],
        "special_tokens": {"<|endoftext|>": token},
    }


def replace_tokenizer(folder: Path, model, **special) -> None:
    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, **special).save_pretrained(folder)


def test_a_sound_tokenizer_has_no_findings(tiny_model):
    assert codes(tiny_model) == {}


def test_a_bos_that_is_put_twice_is_an_error(copy_of):
    folder = copy_of("model")
    edit(folder / "tokenizer.json", post_processor=bos_first(2))
    assert codes(folder) == {"bos_twice": "error"}


def test_a_single_bos_is_no_trap(copy_of):
    folder = copy_of("model")
    edit(folder / "tokenizer.json", post_processor=bos_first(1))
    assert codes(folder) == {}


def test_a_chat_template_that_repeats_the_bos_warns(copy_of):
    folder = copy_of("model")
    edit(folder / "tokenizer.json", post_processor=bos_first(1))
    (folder / "chat_template.jinja").write_text("{{ bos_token }}{{ messages[0].content }}")
    assert codes(folder) == {"bos_twice_in_chat": "warning"}


def test_padding_with_eos_warns(copy_of):
    folder = copy_of("model")
    edit(folder / "tokenizer_config.json", pad_token="<|endoftext|>")
    assert codes(folder) == {"pad_is_eos": "warning"}


def test_a_missing_eos_is_an_error(copy_of):
    folder = copy_of("model")
    edit(folder / "tokenizer_config.json", eos_token=None)
    assert codes(folder) == {"eos_missing": "error"}


def test_a_model_that_stops_at_another_token_warns(copy_of):
    folder = copy_of("model")
    edit(folder / "generation_config.json", eos_token_id=[2, 5])
    assert codes(folder) == {"eos_differs": "warning"}


@pytest.mark.parametrize("separator", ["<|no-such-token|>", "def"])
def test_a_separator_that_is_not_a_special_token_is_an_error(tiny_model, separator):
    assert codes(tiny_model, separator) == {"separator": "error"}


def test_another_special_token_may_be_the_separator(tiny_model):
    assert codes(tiny_model, "<file_sep>") == {}


def test_tokens_without_an_embedding_row_are_an_error(copy_of):
    folder = copy_of("model")
    edit_tokenizer(folder, lambda t: t.add_special_tokens(["<new>", "<newer>"]))
    assert codes(folder) == {"vocabulary_too_large": "error"}


def test_a_separator_without_an_embedding_row_is_an_error(copy_of):
    folder = copy_of("model")
    edit_tokenizer(folder, lambda t: t.add_special_tokens(["<new>"]))
    assert codes(folder, "<new>") == {"vocabulary_too_large": "error"}


def test_a_tokenizer_that_cannot_read_code_is_an_error(copy_of):
    folder = copy_of("model")
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (folder / name).unlink()
    replace_tokenizer(
        folder,
        models.WordLevel({"<unk>": 0, "</s>": 1, "text": 2}, unk_token="<unk>"),
        unk_token="<unk>",
        eos_token="</s>",
    )
    found = codes(folder)
    assert found["unknown_characters"] == "error"
    assert found["lossy_round_trip"] == "error"


def test_a_normaliser_that_lowers_case_is_an_error(copy_of):
    folder = copy_of("model")
    edit_tokenizer(folder, lambda t: setattr(t, "normalizer", normalizers.Lowercase()))
    assert codes(folder) == {"lossy_round_trip": "error"}


def test_a_normaliser_that_changes_line_ends_warns(copy_of):
    folder = copy_of("model")
    edit_tokenizer(folder, lambda t: setattr(t, "normalizer", normalizers.Replace("\r\n", "\n")))
    assert codes(folder) == {"lossy_round_trip": "warning"}


def test_a_normaliser_that_composes_accents_warns(copy_of):
    folder = copy_of("model")
    edit_tokenizer(folder, lambda t: setattr(t, "normalizer", normalizers.NFC()))
    assert codes(folder) == {"lossy_round_trip": "warning"}


def test_a_saved_truncation_warns(copy_of):
    folder = copy_of("model")
    edit_tokenizer(folder, lambda t: t.enable_truncation(32))
    assert codes(folder) == {"truncation_saved": "warning"}


def test_literal_special_tokens_that_cannot_be_kept_apart_warn(copy_of):
    folder = copy_of("model")
    path = folder / "tokenizer.json"
    value = json.loads(path.read_text())
    # a Unigram model finds every piece of its vocabulary in text, control tokens too
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    pieces = ["<|endoftext|>", "<repo_name>", "<file_sep>", *alphabet]
    value["model"] = {
        "type": "Unigram",
        "unk_id": 0,
        "byte_fallback": False,
        "vocab": [[piece, -1.0] for piece in pieces],
    }
    value["pre_tokenizer"]["use_regex"] = False
    path.write_text(json.dumps(value))
    assert codes(folder).get("literal_special_tokens") == "warning"


def test_errors_come_first(copy_of):
    folder = copy_of("model")
    edit(folder / "tokenizer_config.json", pad_token="<|endoftext|>")
    edit(folder / "tokenizer.json", post_processor=bos_first(2))
    assert list(codes(folder)) == ["bos_twice", "pad_is_eos"]
