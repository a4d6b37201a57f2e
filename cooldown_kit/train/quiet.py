"""Keeps the libraries' own progress bars, prints and telemetry away: the kit speaks through its events only."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

_NOISY = ("accelerate", "bitsandbytes", "datasets", "peft", "torch", "trl")


def forbid_telemetry() -> None:
    """Keep TRL and the hub client from reporting that somebody trains, also where they are already imported."""
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    from huggingface_hub import constants

    constants.HF_HUB_DISABLE_TELEMETRY = True


@contextmanager
def quiet_libraries() -> Iterator[None]:
    """Errors pass; warnings, progress bars and prints of the training libraries do not. Restores what was set."""
    forbid_telemetry()
    from datasets.utils import logging as datasets_logging

    from cooldown_kit.model.quiet import quiet_transformers

    levels = {name: logging.getLogger(name).level for name in _NOISY}
    had_bars = datasets_logging.is_progress_bar_enabled()
    for name in _NOISY:
        logging.getLogger(name).setLevel(logging.ERROR)
    datasets_logging.disable_progress_bar()
    try:
        with quiet_transformers(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)
        if had_bars:
            datasets_logging.enable_progress_bar()
