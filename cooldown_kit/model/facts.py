"""What a model folder says about itself: read from config.json and the headers of its weights, without torch."""

from __future__ import annotations

import json
import math
import re
import struct
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from cooldown_kit.errors import InputError

_HEADER_LIMIT = 100 << 20
"""safetensors' own bound on a header."""
_EMBEDDING = re.compile(
    r"(embed_tokens|embed_in|wte|word_embeddings|tok_embeddings|token_embedding)\.weight$"
)
_POSITION = re.compile(r"(wpe|embed_positions|position_embeddings)\.weight$")
_HEAD = re.compile(r"(^|\.)(lm_head|embed_out|output)\.weight$")
_BUFFER = re.compile(r"(inv_freq|masked_bias)$")
_MASK = re.compile(r"attn(\.attention)?\.bias$")
"""Older checkpoints saved the causal mask under a bias's name; a real bias has one dimension."""
_NOT_LINEAR = re.compile(r"norm|ln_|conv1d|embed", re.IGNORECASE)
_CONFIG_NAMES = {
    "hidden": ("hidden_size", "n_embd", "d_model", "dim"),
    "layers": ("num_hidden_layers", "n_layer", "num_layers", "n_layers"),
    "heads": ("num_attention_heads", "n_head", "n_heads"),
    "context": ("max_position_embeddings", "n_positions", "n_ctx", "max_seq_len", "max_sequence_length"),
    "intermediate": ("intermediate_size", "n_inner", "ffn_dim", "ffn_hidden_size"),
}


class Tensor(NamedTuple):
    """One tensor of a safetensors file: where it is and what it is."""

    file: Path
    dtype: str
    shape: tuple[int, ...]
    start: int
    """Offset of its first byte in the file."""
    end: int

    @property
    def size(self) -> int:
        return math.prod(self.shape)


@dataclass(frozen=True)
class ModelFacts:
    """A causal language model in numbers. Sizes count parameters; a tied head counts once."""

    architecture: str
    parameters: int
    embedding_parameters: int
    """Token and position embeddings, and the output head where it is not tied."""
    layers: int
    hidden_size: int
    intermediate_size: int
    heads: int
    kv_heads: int
    head_dim: int
    vocabulary: int
    """Rows of the token embedding."""
    context_length: int
    tied_embeddings: bool
    dtype: str
    """As safetensors names it: F32, BF16, F16."""
    bytes_on_disk: int
    linear_shapes: tuple[tuple[int, int], ...]
    """``(rows, columns)`` of every linear layer's weight but the head's: what "all linear layers" adapts."""

    @property
    def non_embedding_parameters(self) -> int:
        return self.parameters - self.embedding_parameters

    @property
    def linear_parameters(self) -> int:
        return sum(rows * columns for rows, columns in self.linear_shapes)

    def lora_parameters(self, rank: int) -> int:
        """Trained parameters of adapters of that rank on all linear layers: rank × (inputs + outputs) each."""
        return sum(rank * (rows + columns) for rows, columns in self.linear_shapes)


def read_facts(folder: Path) -> ModelFacts:
    """The facts of a model folder. Raises :class:`InputError` where it has no config.json or no safetensors weights."""
    config = read_config(folder)
    tensors = read_tensors(folder)
    text = config.get("text_config") or config
    embeddings = {n: t for n, t in tensors.items() if _EMBEDDING.search(n)}
    heads = {n: t for n, t in tensors.items() if _HEAD.search(n)}
    tied = bool(config.get("tie_word_embeddings", text.get("tie_word_embeddings", not heads))) or not heads
    if tied:
        tensors = {n: t for n, t in tensors.items() if n not in heads}
    outer = sum(t.size for n, t in tensors.items() if n in embeddings or n in heads or _POSITION.search(n))
    hidden = _number(text, "hidden", folder)
    attention_heads = _number(text, "heads", folder)
    rows = [t.shape[0] for t in embeddings.values()] or [int(text.get("vocab_size", 0))]
    return ModelFacts(
        architecture=(config.get("architectures") or [config.get("model_type", "unknown")])[0],
        parameters=sum(t.size for t in tensors.values()),
        embedding_parameters=outer,
        layers=_number(text, "layers", folder),
        hidden_size=hidden,
        intermediate_size=_number(text, "intermediate", folder, default=4 * hidden),
        heads=attention_heads,
        kv_heads=int(text.get("num_key_value_heads") or attention_heads),
        head_dim=int(text.get("head_dim") or hidden // attention_heads),
        vocabulary=max(rows),
        context_length=_number(text, "context", folder),
        tied_embeddings=tied,
        dtype=_main_dtype(tensors),
        bytes_on_disk=sum(path.stat().st_size for path in weight_files(folder)),
        linear_shapes=tuple(
            (t.shape[0], t.shape[1])
            for n, t in sorted(tensors.items())
            if _is_linear(n, t) and n not in heads
        ),
    )


def read_config(folder: Path) -> dict[str, Any]:
    """``config.json`` of a model folder. Raises :class:`InputError` where it is missing or not a JSON object."""
    path = folder / "config.json"
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        if (folder / "adapter_config.json").exists():
            raise _adapter(folder) from None
        raise InputError(
            "this is not a model folder: it holds no config.json",
            where=str(folder),
            remedy="name a folder that transformers' save_pretrained wrote",
        ) from None
    except (ValueError, UnicodeDecodeError) as error:
        raise InputError(
            f"not readable as JSON ({error})", where=str(path), remedy="fetch the model again"
        ) from error
    if not isinstance(config, dict):
        raise InputError("not a JSON object", where=str(path), remedy="fetch the model again")
    return config


def weight_files(folder: Path) -> list[Path]:
    """The safetensors files of a model folder in their order. Raises :class:`InputError` where there are none, or where
    the index names one that is missing."""
    index = folder / "model.safetensors.index.json"
    if index.exists():
        names = sorted(set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()))
        if missing := [name for name in names if not (folder / name).exists()]:
            raise InputError(
                f"{len(missing)} of {len(names)} weight files are missing, first {missing[0]}",
                where=str(folder),
                remedy="fetch the model again: a download was probably cut short",
            )
        return [folder / name for name in names]
    if (folder / "model.safetensors").exists():
        return [folder / "model.safetensors"]
    if files := sorted(p for p in folder.glob("*.safetensors") if not p.name.startswith("adapter")):
        return files
    raise _no_weights(folder)


def read_tensors(folder: Path) -> dict[str, Tensor]:
    """Name → tensor of all weights of a model folder, buffers left out; reads headers only."""
    tensors: dict[str, Tensor] = {}
    for path in weight_files(folder):
        tensors.update(read_header(path))
    return {
        name: tensor
        for name, tensor in tensors.items()
        if not _BUFFER.search(name) and not (_MASK.search(name) and len(tensor.shape) == 4)
    }


def read_header(path: Path) -> dict[str, Tensor]:
    """Name → tensor of one safetensors file. Raises :class:`InputError` where it is cut short or not safetensors.

    The format: eight bytes little-endian length, then that much JSON, then the tensors' bytes.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(8)
        length = struct.unpack("<Q", start)[0] if len(start) == 8 else 0
        try:
            if not 2 <= length <= min(_HEADER_LIMIT, size - 8):
                raise ValueError("impossible header length")
            header: dict[str, Any] = json.loads(file.read(length))
        except ValueError as error:
            raise _broken(path, "it is not a safetensors file") from error
    header.pop("__metadata__", None)
    first = 8 + length
    tensors = {
        name: Tensor(
            path, t["dtype"], tuple(t["shape"]), first + t["data_offsets"][0], first + t["data_offsets"][1]
        )
        for name, t in header.items()
    }
    if size != max((t.end for t in tensors.values()), default=first):
        raise _broken(path, "it is cut short")
    return tensors


def _is_linear(name: str, tensor: Tensor) -> bool:
    layer = name.rsplit(".", 2)[-2] if "." in name else ""
    named = name.endswith(".weight") and not _NOT_LINEAR.search(layer)
    return len(tensor.shape) == 2 and named and not (_EMBEDDING.search(name) or _POSITION.search(name))


def _main_dtype(tensors: Mapping[str, Tensor]) -> str:
    sizes = Counter[str]()
    for tensor in tensors.values():
        sizes[tensor.dtype] += tensor.size
    return sizes.most_common(1)[0][0]


def _number(config: Mapping[str, Any], what: str, folder: Path, default: int | None = None) -> int:
    for name in _CONFIG_NAMES[what]:
        if config.get(name) is not None:
            return int(config[name])
    if default is not None:
        return default
    raise InputError(
        f"config.json does not say its {what} ({', '.join(_CONFIG_NAMES[what])})",
        where=str(folder),
        remedy="use a causal language model in transformers' format",
    )


def _broken(path: Path, what: str) -> InputError:
    return InputError(
        f"these weights cannot be read: {what}",
        where=str(path),
        remedy="fetch the model again: a download was probably cut short, or a git-lfs pointer was not resolved",
    )


def _no_weights(folder: Path) -> InputError:
    if list(folder.glob("pytorch_model*.bin")):
        return InputError(
            "its weights are pytorch_model.bin files, which can hold code that runs when they are loaded",
            where=str(folder),
            remedy="convert them where you trust them: AutoModelForCausalLM.from_pretrained(folder).save_pretrained(folder) "
            "writes model.safetensors",
        )
    gguf = sorted(folder.glob("*.gguf"))
    return InputError(
        "it holds no weights (model.safetensors)",
        where=str(folder),
        remedy=f"name the file itself: {gguf[0]}"
        if gguf
        else "fetch the model again, with its *.safetensors files",
    )


def _adapter(folder: Path) -> InputError:
    return InputError(
        "this is an adapter, not a model",
        where=str(folder),
        remedy="merge it into its base first (peft's merge_and_unload, then save_pretrained) and name that folder",
    )
