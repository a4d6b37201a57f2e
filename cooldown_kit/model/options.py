"""How a recipe names its base model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from cooldown_kit.guard.marks import Reach
from cooldown_kit.options import Options


class RandomModelOptions(Options):
    """A model with random weights, for studies from scratch."""

    config: Path | dict[str, Any]
    """A `config.json` of transformers, as a path or written out; it must hold `model_type`."""
    tokenizer: Path
    """Folder of the tokenizer."""


class ModelOptions(Options):
    """A base model that is not just named: random weights."""

    random: RandomModelOptions
    """Start from random weights."""


ModelSpec = Annotated[str | ModelOptions, Reach("model")]
"""A folder, a GGUF file, a file inside an installed Python package (`package:name/file.gguf`), the name of a
model in the hub's cache, or ``{random: {config: …, tokenizer: …}}``."""
