"""Peak memory of training, from the model's shapes.

Counted as in "Reducing Activation Recomputation in Large Transformer Models" (arXiv 2205.05198), but tensor by tensor for what
autograd keeps of a transformers layer with RMSNorm, rotary attention (SDPA with a mask between packed documents) and a gated
MLP, and checked against measured runs: see docs/model.md.
"""

from __future__ import annotations

from typing import Literal

from cooldown_kit.model.facts import ModelFacts

Method = Literal["lora", "qlora", "full"]
Device = Literal["cpu", "cuda"]

_ADAM_MOMENTS = 2
_NF4_BYTES = 0.5 + (1 + 4 / 256) / 64
"""NF4 with double quantisation (arXiv 2305.14314, §3): 4 bits, an 8-bit constant per 64, a float32 per 256 of those."""
_HEAD_TOKENS, _HEAD_VOCABULARY = 4096, 32768
"""TRL computes the loss in tiles of so many tokens and logits."""
_HEAD_TILES = {"cpu": 11, "cuda": 2}
"""Tiles alive at once: torch's version keeps many intermediate results, the Triton kernel works in place."""
_RUNTIME = {"cpu": 560_000_000, "cuda": 900_000_000}
"""Python, torch, transformers, peft and TRL on a CPU; the CUDA context and its libraries' work space on a GPU."""
_ALLOCATOR = {"cpu": 2.0, "cuda": 1.1}
"""Memory taken for each byte of activations. glibc keeps freed blocks between the kept ones: measured, 1.9 to 2.3 from the second
step on. torch's own allocator on a GPU wastes little; that figure is not measured here."""


def estimate_memory(
    facts: ModelFacts,
    method: Method,
    *,
    micro_batch: int,
    sequence_length: int,
    dtype_bytes: int,
    checkpointing: bool,
    rank: int,
    device: Device = "cpu",
) -> dict[str, int]:
    """Peak bytes of training by what takes them; the peak is their sum.

    ``dtype_bytes`` is the width of the computation: 4 for fp32, 2 for bf16 (with fp32 master weights for ``full``).
    The parts: ``runtime``, ``weights``, ``adapter``, ``gradients``, ``optimizer``, ``activations``, ``logits``.
    """
    tokens = micro_batch * sequence_length
    adapter = 0 if method == "full" else facts.lora_parameters(rank)
    trained = facts.parameters if method == "full" else adapter
    tile = min(tokens, _HEAD_TOKENS) * min(facts.vocabulary, _HEAD_VOCABULARY)
    kept = activation_bytes(facts, method, tokens, dtype_bytes, checkpointing=checkpointing, rank=rank)
    return {
        "runtime": _RUNTIME[device],
        "weights": _weight_bytes(facts, method, dtype_bytes),
        "adapter": 4 * adapter,
        "gradients": 4 * trained,
        "optimizer": 4 * _ADAM_MOMENTS * trained,
        "activations": round(_ALLOCATOR[device] * kept),
        "logits": _HEAD_TILES[device] * tile * (4 if device == "cpu" else dtype_bytes),
    }


def activation_bytes(
    facts: ModelFacts, method: Method, tokens: int, dtype_bytes: int, *, checkpointing: bool, rank: int
) -> int:
    """What autograd keeps of the layers until the backward pass, for ``tokens`` tokens in one line, in bytes.

    With ``checkpointing``: the input of every layer and the whole of one.
    """
    width, inner = facts.hidden_size, facts.intermediate_size
    # per norm: its input in fp32 and its output; the normalised input only where the norm's own weight is trained
    norms = 2 * (4 * width + dtype_bytes * width * (2 if method == "full" else 1))
    # queries, outputs, and keys and values repeated for every head: SDPA with a mask has no grouped heads
    attention = 4 * facts.heads * facts.head_dim * dtype_bytes
    mlp = _mlp_tensors(facts) * inner * dtype_bytes
    linears = len(facts.linear_shapes) / max(facts.layers, 1)
    adapters = 0 if method == "full" else round(4 * rank * linears)
    mask = tokens * dtype_bytes  # per token one row of the mask between documents, in the width of the scores
    layer = tokens * (norms + attention + mlp + adapters + mask)
    if checkpointing:
        return facts.layers * tokens * width * dtype_bytes + layer
    return facts.layers * layer


def _mlp_tensors(facts: ModelFacts) -> int:
    """Tensors of the MLP's inner width that are kept: four of a gated MLP (gate, its activation, up, product), else two."""
    inner = [shape for shape in facts.linear_shapes if facts.intermediate_size in shape]
    return 4 if len(inner) >= 3 * facts.layers else 2


def _weight_bytes(facts: ModelFacts, method: Method, dtype_bytes: int) -> int:
    if method == "qlora":
        linear = facts.linear_parameters
        largest = max((rows * columns for rows, columns in facts.linear_shapes), default=0)
        # one layer at a time is held dequantised while it computes
        return round(_NF4_BYTES * linear + dtype_bytes * (facts.parameters - linear + largest))
    if method == "lora":
        return dtype_bytes * facts.parameters
    autocast_copies = dtype_bytes * facts.linear_parameters if dtype_bytes < 4 else 0
    return 4 * facts.parameters + autocast_copies
