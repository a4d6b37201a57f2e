"""A model that has learnt nothing yet: a configuration with random weights."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cooldown_kit.errors import InputError, RecipeError
from cooldown_kit.model.quiet import quiet_transformers
from cooldown_kit.model.saving import save_model
from cooldown_kit.model.tokenizer import load_tokenizer
from cooldown_kit.seeds import random_stream

VERSION = 1


def make_random(config: Mapping[str, Any], tokenizer_folder: Path, seed: int, out: Path) -> Mapping[str, Any]:
    """Write a model folder with weights drawn as transformers initialises them; the same seed gives the same weights.

    ``vocab_size`` and the ids of BOS, EOS and PAD are the tokenizer's where the configuration does not give them.
    Raises :class:`RecipeError` where the configuration is wrong or its vocabulary smaller than the tokenizer's.
    """
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    tokenizer = load_tokenizer(tokenizer_folder)
    needed = 1 + max(tokenizer.get_vocab().values())
    rows = int(config.get("vocab_size", needed))
    if rows < needed:
        raise RecipeError(
            f"`vocab_size` is {rows}, but the tokenizer has {needed} tokens",
            where="model.random.config",
            remedy=f"set it to {needed} or more (a multiple of 64 is fastest on a GPU), or leave it out",
        )
    ids = {f"{name}_token_id": getattr(tokenizer, f"{name}_token_id") for name in ("bos", "eos", "pad")}
    try:
        with quiet_transformers(), torch.random.fork_rng(devices=[]):
            full = AutoConfig.for_model(**{**ids, **config, "vocab_size": rows})
            torch.manual_seed(int(random_stream(seed, "model", "weights").integers(2**63 - 1)))
            model = AutoModelForCausalLM.from_config(full, dtype=torch.float32)
            save_model(model, tokenizer, out)
    except (ValueError, TypeError, KeyError, AttributeError, ZeroDivisionError, RuntimeError) as error:
        raise InputError(
            f"no model can be made of this configuration ({(str(error).strip() or type(error).__name__).splitlines()[0]})",
            where="model.random.config",
            remedy="start from the config.json of a causal language model that transformers knows",
        ) from error
    return {"parameters": model.num_parameters(), "dtype": "float32", "seed": seed}
