"""A GGUF file becomes an ordinary transformers folder, once."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import redirect_stderr
from pathlib import Path
from typing import Any

from cooldown_kit.errors import InputError
from cooldown_kit.events import Emit, Message, Progress
from cooldown_kit.model.quiet import quiet_transformers
from cooldown_kit.model.saving import save_model

VERSION = 1
_STEPS = 3


def convert_gguf(path: Path, out: Path, emit: Emit) -> Mapping[str, Any]:
    """Dequantise ``path`` into the folder ``out``: safetensors in float32, configuration and tokenizer.

    A block-quantised weight is a short integer times a scale, often plus an offset; float32 holds the result as llama.cpp
    computes it, bfloat16 would round it once more. Raises :class:`InputError` where transformers cannot read the file.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    emit(
        Message(
            stage="model",
            text=f"converting {path.name} to a transformers folder in float32; this is done once",
        )
    )
    place = {
        "pretrained_model_name_or_path": str(path.parent),
        "gguf_file": path.name,
        "local_files_only": True,
    }
    try:
        with quiet_transformers(), Path(os.devnull).open("w") as nowhere, redirect_stderr(nowhere):
            # transformers shows a bar of its own while it dequantises, which nothing turns off
            _progress(emit, 0)
            tokenizer = AutoTokenizer.from_pretrained(**place)
            _progress(emit, 1)
            # Without `dequantize` the model loads as well, but can never be saved.
            model = AutoModelForCausalLM.from_pretrained(
                **place,
                quantization_config=GgufConfig(gguf_file=path.name, dequantize=True),
                dtype=torch.float32,
            )
            _progress(emit, 2)
            tokenizer.model_max_length = model.config.get_text_config().max_position_embeddings
            save_model(model, tokenizer, out)
    except (ValueError, KeyError, NotImplementedError, ImportError, IndexError, TypeError) as error:
        raise InputError(
            f"this GGUF file cannot be converted ({(str(error).strip() or type(error).__name__).splitlines()[0]})",
            where=str(path),
            remedy="use the model's transformers folder instead, or a GGUF file of an architecture that transformers reads",
        ) from error
    _progress(emit, _STEPS)
    return {"parameters": model.num_parameters(), "dtype": "float32", "file": path.name}


def _progress(emit: Emit, done: int) -> None:
    emit(Progress(stage="model", detail="convert", done=done, total=_STEPS, unit="steps"))
