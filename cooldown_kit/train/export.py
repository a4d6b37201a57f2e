"""From the last checkpoint to weights that any tool loads, proven equal to what was trained before success is reported.

Adapters are merged into the *unquantised* base, in fp32, and rounded once to the precision of the base's own checkpoint.
Then the written folder is loaded again, the way a user would, and its logits on rows of the mixture are compared with
those of the trained model (base and adapters side by side).
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cooldown_kit.errors import CooldownError
from cooldown_kit.model.saving import save_weights

TOLERANCE = {"float32": 1e-4, "float16": 1e-2, "bfloat16": 5e-2}
"""How far the logits of the written model may be from the trained one's, as a share of their spread (root mean square
of the difference over that of the logits about their mean). Rounding weights to bf16 (8 bits) moves the logits of deep
models by up to some per cent; a merge into wrong weights, or a lost head, moves them by about one."""

_CARRIED = (
    "tokenizer*",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab*",
    "merges.txt",
    "*.model",
    "*.tiktoken",
    "*.jinja",
    "chat_template*",
    "generation_config.json",
    "LICENSE*",
    "NOTICE*",
    "*.py",
)
_PROBE_TOKENS = 128


def export(
    *, model: Path, trained: Path, method: str, rows: Sequence[Sequence[int]], out: Path
) -> dict[str, Any]:
    """Write ``out/adapter`` (for adapters) and ``out/model``, and compare the latter with what was trained.

    ``trained`` is a checkpoint folder, ``rows`` token ids of a few sequences on which the comparison is made.
    Returns ``dtype``, ``difference`` (see :data:`TOLERANCE`), ``tolerance`` and ``effect`` (how far training moved the
    logits of the base, in the same unit). Needs memory for the model in fp32.

    Raises :class:`CooldownError` where the written model is not the trained one.
    """
    import torch
    from transformers import AutoModelForCausalLM

    dtype = dtype_of(model)
    target = out / "model"
    shutil.rmtree(target, ignore_errors=True)
    probe = [torch.tensor([list(row[:_PROBE_TOKENS])]) for row in rows]

    network = AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32)
    before = _logits(network, probe)
    if method == "full":
        network = _with_config_of(model, trained)
        after = _logits(network, probe)
    else:
        from peft import PeftModel

        _copy_adapter(trained, out / "adapter")
        network = PeftModel.from_pretrained(network, out / "adapter")
        after = _logits(network, probe)
        network = network.merge_and_unload(safe_merge=True)
    network.to(getattr(torch, dtype))
    save_weights(network, target)
    del network
    carry(model, target)

    written = AutoModelForCausalLM.from_pretrained(target, dtype=torch.float32)
    _check_ties(written, target)
    difference, tolerance = relative_difference(_logits(written, probe), after), TOLERANCE[dtype]
    if not difference <= tolerance:
        raise CooldownError(
            f"the exported model differs from the trained one: its logits are off by {difference:.2%} of "
            f"their spread, where {tolerance:.2%} is allowed",
            where=str(target),
            remedy="do not use it; the trained weights are whole in the checkpoint. Please report this with the base's name",
        )
    effect = relative_difference(before, after)
    return {"dtype": dtype, "difference": difference, "tolerance": tolerance, "effect": effect}


def dtype_of(model: Path) -> str:
    """The precision of a model's checkpoint: ``float32``, ``bfloat16`` or ``float16``."""
    config = json.loads((model / "config.json").read_text(encoding="utf-8"))
    text = config.get("text_config", {})
    names = (config.get("dtype"), config.get("torch_dtype"), text.get("dtype"))
    name = next((name for name in names if name), "float32")
    return name if name in TOLERANCE else "float32"


def carry(model: Path, target: Path) -> None:
    """Copy what belongs to a model beside its weights, byte for byte: tokenizer, chat template, generation
    configuration, licence. Saving these again through the library would rewrite them."""
    for pattern in _CARRIED:
        for path in sorted(model.glob(pattern)):
            if path.is_file():
                shutil.copyfile(path, target / path.name)
    if (more := model / "additional_chat_templates").is_dir():
        shutil.copytree(more, target / more.name, dirs_exist_ok=True)


def relative_difference(found: Sequence[Any], wanted: Sequence[Any]) -> float:
    """Root mean square of the difference, as a share of the spread of ``wanted`` about its mean per position."""
    difference = sum(float((a - b).square().sum()) for a, b in zip(found, wanted, strict=True))
    spread = sum(float((b - b.mean(-1, keepdim=True)).square().sum()) for b in wanted)
    return float((difference / spread) ** 0.5)


def _logits(network: Any, probe: Sequence[Any]) -> list[Any]:
    """Logits of each probe row, each of shape (1, tokens, vocabulary), in fp32 on the CPU."""
    import torch

    network.eval()
    with torch.no_grad():
        return [network(input_ids=row).logits.float() for row in probe]


def _with_config_of(model: Path, trained: Path) -> Any:
    """The trained weights below the base's own configuration: training had dropout and tokens set for itself."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    network = AutoModelForCausalLM.from_pretrained(
        trained, config=AutoConfig.from_pretrained(model), dtype=torch.float32
    )
    if (model / "generation_config.json").exists():
        from transformers import GenerationConfig

        network.generation_config = GenerationConfig.from_pretrained(model)
    return network


def _copy_adapter(trained: Path, target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for name in ("adapter_model.safetensors", "adapter_config.json"):
        shutil.copyfile(trained / name, target / name)


def _check_ties(written: Any, target: Path) -> None:
    """Where the configuration says that head and embeddings are one, they are one in the written model."""
    head, embeddings = written.get_output_embeddings(), written.get_input_embeddings()
    tied = getattr(written.config.get_text_config(), "tie_word_embeddings", False)
    if tied and head is not None and head.weight.data_ptr() != embeddings.weight.data_ptr():
        raise CooldownError(
            "the exported model's head came apart from its embeddings",
            where=str(target),
            remedy="do not use it; please report this with the base's name",
        )
