"""The evidence stage: score one model on the held-out documents and let it continue a few of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from cooldown_kit.errors import InputError
from cooldown_kit.evaluate.bits_per_byte import bits_per_byte, score_items
from cooldown_kit.evaluate.generate import generate, write_continuations
from cooldown_kit.evaluate.heldout import Selection, choose
from cooldown_kit.evaluate.items import GENERATIONS, HELDOUT, ITEMS, write_items
from cooldown_kit.evaluate.options import EvaluateOptions
from cooldown_kit.events import Emit, Message, Progress

VERSION = 2
"""Raised whenever the same model and documents would give other scores."""

STAGE = "evaluate"

_LOGITS_ON_CPU = 1 << 27
_LOGITS_ON_GPU = 1 << 30
"""Logits of one batch, in elements: half a GiB in float32 on a CPU, two GiB in bfloat16 on a GPU."""


def score(
    *,
    model: Path,
    documents: Path,
    options: EvaluateOptions,
    separator: str,
    sequence_length: int,
    out: Path,
    emit: Emit,
) -> dict[str, Any]:
    """Score ``model`` (a folder of transformers with its tokenizer) on the held-out split of ``documents``.

    Writes ``items.parquet``, ``generations.jsonl`` and ``heldout.json`` into the folder ``out`` and returns the counters: kind →
    documents, tokens, bytes, bits per byte and what was left out. A GPU is used if there is one. Weights are read as bfloat16 on
    GPUs that have it and as float32 elsewhere, whatever type they are stored in, so that before and after are
    measured alike. Where nothing is held out it warns and writes empty files.
    Raises :class:`InputError` where the model cannot be read or gives likelihoods that are not numbers.
    """
    from cooldown_kit.model.tokenizer import Encoder

    if not (model / "config.json").is_file():
        raise InputError(
            "there is no model to evaluate",
            where=str(model),
            remedy="give a folder that holds config.json and weights",
        )
    encoder = Encoder(model, separator)
    selection = choose(
        documents,
        encoder,
        tokens_per_kind=options.tokens_per_kind,
        max_document_tokens=options.max_document_tokens,
    )
    if not selection.items:
        emit(
            Message(
                stage=STAGE,
                level="warning",
                text="no held-out document can be scored, so there will be no evidence: "
                "set `holdout.after` to an earlier date or raise `holdout.newest` and `evaluate.tokens_per_kind`",
            )
        )
        write_items(out / ITEMS, [], np.zeros(0))
        write_continuations(out / GENERATIONS, iter(()))
        return _write_counters(out, selection, np.zeros(0))

    network = _load(model)
    start_id = encoder.bos_id if encoder.bos_id is not None else encoder.separator_id
    nats = score_items(
        network,
        selection.items,
        start_id=start_id,
        sequence_length=sequence_length,
        batch_tokens=(_LOGITS_ON_CPU if network.device.type == "cpu" else _LOGITS_ON_GPU)
        // network.config.get_text_config().vocab_size,
        on_tokens=_progress(
            emit, "held-out documents", sum(len(i.tokens) for i in selection.items), "tokens"
        ),
    )
    write_items(out / ITEMS, selection.items, nats)
    continuations = generate(
        network,
        selection.items,
        encoder,
        start_id=start_id,
        per_kind=options.generations,
        length=options.generation_tokens,
        context=sequence_length,
        on_done=_progress(emit, "continuations", None, "continuations"),
    )
    write_continuations(out / GENERATIONS, continuations)
    return _write_counters(out, selection, nats)


def _load(folder: Path) -> Any:
    import torch
    from safetensors import SafetensorError
    from transformers import AutoModelForCausalLM

    from cooldown_kit.model.quiet import quiet_transformers

    device = "cuda" if torch.cuda.is_available() else "cpu"
    half = device == "cuda" and torch.cuda.is_bf16_supported()
    try:
        with quiet_transformers():
            network, loading = AutoModelForCausalLM.from_pretrained(
                folder,
                dtype=torch.bfloat16 if half else torch.float32,
                local_files_only=True,
                output_loading_info=True,
            )
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        raise InputError(
            f"the model cannot be read: {error}",
            where=str(folder),
            remedy="give a whole folder of a causal language model",
        ) from error
    if missing := sorted(
        loading["missing_keys"]
    ):  # transformers fills these with random numbers and only warns
        raise InputError(
            f"weights of the model are missing: {missing[0]}"
            + (f" and {len(missing) - 1} more" if missing[1:] else ""),
            where=str(folder),
            remedy="give a folder whose weights belong to its config.json",
        )
    return network.to(device).eval()


def _progress(emit: Emit, detail: str, total: float | None, unit: str) -> Callable[[int], None]:
    done = 0

    def step(count: int) -> None:
        nonlocal done
        done += count
        emit(Progress(stage=STAGE, detail=detail, done=done, total=total, unit=unit))

    return step


def _write_counters(out: Path, selection: Selection, nats: np.ndarray[Any, Any]) -> dict[str, Any]:
    kinds = sorted({item.kind for item in selection.items} | set(selection.skipped))
    counters: dict[str, Any] = {}
    for kind in kinds:
        chosen = [
            (item, value) for item, value in zip(selection.items, nats, strict=True) if item.kind == kind
        ]
        size = sum(item.bytes for item, _ in chosen)
        counters[kind] = {
            "documents": len(chosen),
            "tokens": sum(item.scored_tokens for item, _ in chosen),
            "bytes": size,
            "bits_per_byte": bits_per_byte(float(sum(value for _, value in chosen)), size)
            if chosen
            else None,
            "heads": sum(item.head for item, _ in chosen),
            "skipped": selection.skipped.get(kind, {}),
        }
    (out / HELDOUT).write_text(json.dumps(counters, indent=1), encoding="utf-8")
    return {"kinds": counters}
