"""Loading the base model in the shape in which it is trained: all weights, or frozen (perhaps 4-bit) below adapters."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from cooldown_kit.errors import InputError
from cooldown_kit.train.options import TrainOptions


def load_for_training(model: Path, options: TrainOptions) -> Any:
    """The base model on the CPU (4-bit ones on their device), ready for training by ``options.method``.

    - ``full``: fp32 weights whatever the precision; bf16 is autocast. A weight kept in bf16 loses every update below
      1/256 of its size, and the end of a cooldown has only such updates.
    - ``lora``: the frozen base in the precision of the computation.
    - ``qlora``: the frozen base in NF4 with double quantisation (arXiv 2305.14314).

    Dropout is off: a cooldown reads its data about once, and resuming stays exact.
    """
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM, BitsAndBytesConfig

    config = AutoConfig.from_pretrained(model)
    if getattr(config, "quantization_config", None) is not None:
        raise InputError(
            "the base model is stored quantised; what is learnt could not be merged into it without loss",
            where=str(model),
            remedy="name the unquantised model; `method: qlora` quantises it for training",
        )
    for name, value in config.to_dict().items():
        if isinstance(value, float) and ("drop" in name):
            setattr(config, name, 0.0)
    bf16 = options.precision == "bf16"
    compute = torch.bfloat16 if bf16 else torch.float32
    more: dict[str, Any] = {}
    if options.method == "qlora":
        more["quantization_config"] = BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=compute,
        )
        local = int(os.environ.get("LOCAL_RANK", "0"))
        more["device_map"] = {"": local if options.device == "cuda" else "cpu"}
    try:
        return AutoModelForCausalLM.from_pretrained(
            model,
            config=config,
            dtype=torch.float32 if options.method == "full" else compute,
            attn_implementation=_attention(options),
            **more,
        )
    except (OSError, ValueError) as error:
        raise InputError(
            f"the base model cannot be loaded: {error}",
            where=str(model),
            remedy="check that the folder holds a causal language model in transformers' format",
        ) from error


def with_adapters(model: Any, options: TrainOptions) -> Any:
    """The model below trainable LoRA adapters on all linear layers but the head, in fp32.

    Embeddings that are tied to the head stay tied (``ensure_weight_tying``).
    """
    from peft import LoraConfig, get_peft_model

    config = LoraConfig(
        task_type="CAUSAL_LM",
        target_modules="all-linear",
        r=options.lora.rank,
        lora_alpha=options.lora.alpha,
        lora_dropout=options.lora.dropout,
        use_rslora=True,
        ensure_weight_tying=True,
    )
    return get_peft_model(model, config)


def _attention(options: TrainOptions) -> str:
    """Both kinds isolate packed documents by ``position_ids``; FlashAttention also skips the masked-out blocks."""
    from transformers.utils import is_flash_attn_2_available

    flash = options.device == "cuda" and options.precision == "bf16" and is_flash_attn_2_available()
    return "flash_attention_2" if flash else "sdpa"
