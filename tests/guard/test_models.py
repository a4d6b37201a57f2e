"""Models under a policy: folders below the roots, names of the hub as addresses, links nowhere else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cooldown_kit.errors import InputError
from cooldown_kit.guard import NotAllowed, allow_model
from cooldown_kit.model.hub import hub_address
from cooldown_kit.model.locate import locate
from cooldown_kit.model.options import ModelOptions


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "data"
    for folder in (root / "base", tmp_path / "other"):
        folder.mkdir(parents=True)
        (folder / "config.json").write_text('{"model_type": "llama"}')
    (root / "linked").symlink_to("../other")
    (tmp_path / "other" / "x.gguf").write_bytes(b"GGUF")
    (root / "x.gguf").symlink_to("../other/x.gguf")
    return root


@pytest.mark.parametrize(
    "spec",
    ["../other", "linked", "../other/x.gguf", "x.gguf", "../none", "/etc", "package:email/mime", "acme/base"],
)
def test_what_is_not_allowed_is_not_looked_at(root: Path, held, spec: str) -> None:
    held(roots=(root,), urls=("https://huggingface.co/other/*",))
    with pytest.raises(InputError) as caught:
        locate(spec, root)
    assert isinstance(caught.value, NotAllowed) or spec.startswith("package:")
    assert "did you mean" not in str(caught.value)


def test_weights_that_are_a_link_to_elsewhere_are_refused(root: Path, held) -> None:
    held(roots=(root,))
    (root / "base" / "model.safetensors").symlink_to("/etc/hostname")
    with pytest.raises(NotAllowed, match=r"model\.safetensors"):
        locate("base", root)


@pytest.mark.parametrize("name", ["../../other/x.gguf", "/etc/hostname", "linked/x", 7])
def test_an_index_of_weights_that_names_files_elsewhere_is_refused(root: Path, held, name: object) -> None:
    held(roots=(root,))
    (root / "base" / "linked").mkdir()
    (root / "base" / "linked" / "x").touch()
    index = root / "base" / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": {"a": "linked/x"}}))
    allow_model(root / "base", "model")
    (root / "base" / "linked" / "x").unlink()
    (root / "base" / "linked" / "x").symlink_to("/etc/hostname")
    index.write_text(json.dumps({"weight_map": {"a": "own.safetensors", "b": name}}))
    with pytest.raises(NotAllowed):
        locate("base", root)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"weight_map": 1}', '{"weight_map": {"a": []}}', "[" * 100_000]
)
def test_an_index_that_cannot_be_read_is_refused_in_words(root: Path, held, text: str) -> None:
    held(roots=(root,))
    (root / "base" / "model.safetensors.index.json").write_text(text)
    with pytest.raises(NotAllowed, match="index of weights"):
        locate("base", root)


def test_an_adapter_that_names_its_base_is_refused(root: Path, held) -> None:
    """Transformers would load the model that ``base_model_name_or_path`` names."""
    held(roots=(root,))
    (root / "base" / "adapter_config.json").write_text(
        json.dumps({"base_model_name_or_path": "/srv/others/model"})
    )
    with pytest.raises(NotAllowed, match="adapter"):
        locate("base", root)


def test_random_weights_need_a_configuration_and_a_tokenizer_below_the_roots(root: Path, held) -> None:
    held(roots=(root,))
    for config, tokenizer in (("../other/config.json", "base"), ("base/config.json", "../other")):
        with pytest.raises(NotAllowed):
            locate(ModelOptions.model_validate({"random": {"config": config, "tokenizer": tokenizer}}), root)


def test_a_name_of_the_hub_is_allowed_by_its_address(root: Path, held) -> None:
    held(roots=(root,), urls=("https://huggingface.co/acme/*",))
    with pytest.raises(InputError) as caught:
        locate("acme/no-such-model-anywhere", root)
    assert not isinstance(caught.value, NotAllowed)


def test_the_address_of_a_model_has_no_revision() -> None:
    assert (
        hub_address("acme/base@refs/pr/1") == hub_address("acme/base") == "https://huggingface.co/acme/base"
    )
    assert hub_address("./base") is hub_address("base") is None
