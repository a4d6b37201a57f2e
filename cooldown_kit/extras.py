"""Which optional parts are installed, asked before anything costs."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec

from cooldown_kit.errors import InputError

_TRAIN = ("torch", "transformers", "tokenizers", "datasets", "accelerate", "peft", "trl", "safetensors")


def require_train() -> None:
    """Raise :class:`InputError` with the command that installs it where the extra ``train`` is missing."""
    _require("train", _TRAIN, "planning and training")


def _require(extra: str, modules: Sequence[str], what: str) -> None:
    missing = [module for module in modules if not _installed(module)]
    if missing:
        raise InputError(
            f"{what} need {', '.join(missing)}, which {'is' if len(missing) == 1 else 'are'} not installed",
            remedy=f"pip install 'cooldown-kit[{extra}]'; `cooldown harvest` works without",
        )


def _installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ImportError:
        return False
