import json

import pytest

from cooldown_kit.model import fingerprint
from cooldown_kit.model.facts import read_header
from cooldown_kit.model.fingerprint import digest_of_large_file, digest_of_model


def test_a_copy_has_the_digest_of_its_original(tiny_model, copy_of):
    assert digest_of_model(copy_of("copy")) == digest_of_model(tiny_model)


@pytest.mark.parametrize(
    "name", ["config.json", "tokenizer.json", "tokenizer_config.json", "generation_config.json"]
)
def test_the_digest_changes_with_every_file_of_the_model(tiny_model, copy_of, name):
    path = copy_of("copy") / name
    path.write_text(json.dumps({**json.loads(path.read_text()), "note": 1}))
    assert digest_of_model(path.parent) != digest_of_model(tiny_model)


def test_files_that_are_not_the_model_do_not_change_the_digest(tiny_model, copy_of):
    folder = copy_of("copy")
    for name in ("README.md", "manifest.json", "trainer_state.json", "optimizer.pt"):
        (folder / name).write_text("new")
    assert digest_of_model(folder) == digest_of_model(tiny_model)


def test_the_digest_changes_with_any_single_tensor(tiny_model, copy_of):
    folder = copy_of("copy")
    path = folder / "model.safetensors"
    original, before = path.read_bytes(), digest_of_model(folder)
    for tensor in read_header(path).values():
        changed = bytearray(original)
        changed[tensor.start : tensor.end] = bytes(tensor.end - tensor.start)
        if changed == original:  # pragma: no cover
            raise AssertionError("a tensor of zeros proves nothing")
        path.write_bytes(changed)
        assert digest_of_model(folder) != before
    path.write_bytes(original)
    assert digest_of_model(folder) == before


def test_a_large_file_is_known_by_its_size_and_spread_blocks(tmp_path, monkeypatch):
    monkeypatch.setattr(fingerprint, "_SMALL", 1 << 20)
    path = tmp_path / "large"
    content = bytearray(range(256)) * (40 << 10)  # 10 MiB
    path.write_bytes(content)
    before = digest_of_large_file(path)
    for start in (0, len(content) // 2, len(content) - 8192):
        changed = content.copy()
        changed[start : start + 8192] = bytes(8192)
        path.write_bytes(changed)
        assert digest_of_large_file(path) != before
    path.write_bytes(content + b"\0")
    assert digest_of_large_file(path) != before
