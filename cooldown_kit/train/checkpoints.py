"""Checkpoints that are whole or not there, and that never continue another run.

The trainer writes a checkpoint as a folder of several files, which a kill can leave half-written. So a marker,
``complete.json``, is put beside them when all of them are on the disk; a folder without one is no checkpoint.
The marker also says what the run was made of, and a run made of something else refuses to continue it.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cooldown_kit.errors import InputError, StorageError
from cooldown_kit.train.options import TrainOptions
from cooldown_kit.workspace import digest_of, write_whole

MARKER = "complete.json"
_PREFIX = "checkpoint-"
_EDGE = 1 << 20
_WITHOUT_EFFECT = {
    "activation_checkpointing",
    "checkpoint_every",
    "device",
    "keep_checkpoints",
    "micro_batch",
}
"""Options that may change between a stop and a resume: they decide cost, not what is computed."""


@dataclass(frozen=True)
class Identity:
    """What a training run is made of: continuing is allowed only where all of it is the same."""

    mixture: str
    model: str
    options: str

    @classmethod
    def of(cls, *, mixture: str, model: Path, options: TrainOptions, seed: int, steps: int) -> Identity:
        kept = options.model_dump(mode="json", exclude=_WITHOUT_EFFECT)
        return cls(mixture, digest_of_model(model), digest_of([kept, seed, steps]))


def digest_of_model(folder: Path) -> str:
    """A digest of names, sizes and the first and last MiB of every file: cheap, and no two models share it in practice."""
    hasher = hashlib.blake2b(digest_size=16)
    for path in sorted(path for path in folder.iterdir() if path.is_file()):
        size = path.stat().st_size
        hasher.update(f"{path.name}\0{size}\0".encode())
        with path.open("rb") as file:
            hasher.update(file.read(_EDGE))
            file.seek(max(0, size - _EDGE))
            hasher.update(file.read(_EDGE))
    return hasher.hexdigest()


def path_of(folder: Path, step: int) -> Path:
    """Where the checkpoint after ``step`` steps is."""
    return folder / f"{_PREFIX}{step}"


def finish(folder: Path, step: int, identity: Identity, keep: int) -> None:
    """Declare the checkpoint after ``step`` steps whole, once all of it is on the disk; then delete all but the
    newest ``keep``."""
    path = path_of(folder, step)
    for file in path.rglob("*"):
        if file.is_file():
            with file.open("rb") as handle:
                os.fsync(handle.fileno())
    write_whole(path / MARKER, json.dumps({"step": step, **asdict(identity)}))
    for old in sorted(_steps(folder))[:-keep]:
        shutil.rmtree(path_of(folder, old))


def newest(folder: Path, identity: Identity) -> int | None:
    """The step of the newest whole checkpoint, or ``None``. Half-written ones are deleted.

    Raises :class:`InputError` where a whole one belongs to another mixture, model or set of options.
    """
    whole = []
    for step in _steps(folder):
        path = path_of(folder, step)
        marker = path / MARKER
        if not marker.exists():
            shutil.rmtree(path)
            continue
        _check(json.loads(marker.read_text()), identity, path)
        whole.append(step)
    return max(whole, default=None)


def probe(network: Any, out: Path, options: TrainOptions) -> None:
    """Find out now, not after a day of training, that checkpoints cannot be written.

    Adapters are really written once and deleted; for all weights, which are large, the free space is compared with
    what the checkpoints will need: weights and both of AdamW's moments in fp32, one checkpoint more than are kept.

    Raises :class:`StorageError` where the space does not suffice, ``OSError`` where the folder cannot be written.
    """
    trained = sum(p.numel() for p in network.parameters() if p.requires_grad)
    model = sum(p.numel() for p in network.parameters())
    needed = trained * 4 * 3 * (options.keep_checkpoints + 1) + model * 4
    free = shutil.disk_usage(out).free
    if free < needed:
        raise StorageError(
            f"training will write about {needed / 1e9:.1f} GB, and {free / 1e9:.1f} GB are free",
            where=str(out),
            remedy="free some space (`cooldown clean` lists what old runs hold), set another `workspace`, lower `keep_checkpoints`, or train with `method: lora`",
        )
    probe = out / ".probe"
    shutil.rmtree(probe, ignore_errors=True)
    probe.mkdir()
    try:
        if options.method == "full":
            network.config.save_pretrained(probe)
        else:
            network.save_pretrained(probe)
    finally:
        shutil.rmtree(probe, ignore_errors=True)


def _check(found: dict[str, object], identity: Identity, path: Path) -> None:
    names = {"mixture": "another mixture", "model": "another base model", "options": "other training options"}
    wrong = [words for key, words in names.items() if found.get(key) != getattr(identity, key)]
    if wrong:
        raise InputError(
            f"this checkpoint was made with {' and '.join(wrong)}, so it cannot be continued",
            where=str(path),
            remedy=f"put the recipe back as it was, or delete {path.parent} to train from the start",
        )


def _steps(folder: Path) -> list[int]:
    """Steps of all checkpoint folders, whole or not."""
    if not folder.is_dir():
        return []
    names = (path.name for path in folder.iterdir() if path.name.startswith(_PREFIX))
    return [int(name.removeprefix(_PREFIX)) for name in names if name.removeprefix(_PREFIX).isdigit()]
