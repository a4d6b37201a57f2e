"""Options of training."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from cooldown_kit.options import Options, Share

Shape = Literal["linear", "one_minus_sqrt", "cosine", "constant"]


class LoraOptions(Options):
    """Low-rank adapters (arXiv 2106.09685) with rank-stabilised scaling (arXiv 2312.03732), on all linear layers."""

    rank: Annotated[int, Field(ge=1)] = 64
    """Rank of each adapter."""
    alpha: Annotated[float, Field(gt=0)] = 16.0
    """Scale: updates are multiplied by alpha / sqrt(rank)."""
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Dropout on the adapters' inputs."""


class TrainOptions(Options):
    """How the model is cooled down on the mixture."""

    method: Literal["lora", "qlora", "full"] = "lora"
    """`lora`, `qlora` (4-bit NF4 base, arXiv 2305.14314) or `full` (all weights)."""
    learning_rate: Annotated[float, Field(gt=0)] | Literal["auto"] = "auto"
    """Peak learning rate. `auto`: 2e-5 for full, ten times that for adapters (fifteen times below 100 steps)."""
    final_learning_rate: Annotated[float, Field(ge=0)] = 0.0
    """The last step's learning rate: the decay ends exactly here (the paper anneals to 1e-6). `constant` never decays."""
    schedule: Shape = "linear"
    """Shape of the decay; linear to zero is the default (arXiv 2502.15938)."""
    warmup: Share = 0.01
    """Share of the steps that warm up from near zero to the peak."""
    batch_sequences: Annotated[int, Field(ge=1)] = 8
    """Sequences per optimizer step, over all devices and accumulation steps."""
    micro_batch: Annotated[int, Field(ge=1)] | Literal["auto"] = "auto"
    """Sequences that one device computes at once. `auto`: 1 on a CPU; on a GPU the largest that the memory estimate allows."""
    weight_decay: Annotated[float, Field(ge=0)] | Literal["auto"] = "auto"
    """Decoupled weight decay (AdamW). `auto`: 0.1 for full, 0 for adapters."""
    beta1: Annotated[float, Field(ge=0, lt=1)] = 0.9
    """AdamW's first-moment decay."""
    beta2: Annotated[float, Field(ge=0, lt=1)] = 0.95
    """AdamW's second-moment decay."""
    max_grad_norm: Annotated[float, Field(ge=0)] = 1.0
    """Gradients are clipped to this norm; 0 does not clip."""
    lora: LoraOptions = LoraOptions()
    """The adapters, for `lora` and `qlora`."""
    activation_checkpointing: bool | Literal["auto"] = "auto"
    """Compute activations twice to save memory. `auto`: where the memory estimate says it is needed."""
    checkpoint_every: Annotated[int, Field(ge=1)] | Literal["auto"] = "auto"
    """Steps between checkpoints. `auto`: about twenty over the phase."""
    keep_checkpoints: Annotated[int, Field(ge=1)] = 2
    """How many of the newest checkpoints are kept."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Where to train. `auto`: a GPU if there is one."""
    precision: Literal["auto", "bf16", "fp32"] = "auto"
    """`auto`: bf16 on GPUs that have it, fp32 elsewhere."""
