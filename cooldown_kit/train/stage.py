"""The training stage: a mixture and a base model become adapters and a model, through any number of kills and resumes."""

from __future__ import annotations

import gc
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cooldown_kit.errors import InputError, Stopped
from cooldown_kit.events import Artefact, Emit, Message
from cooldown_kit.train import checkpoints, history
from cooldown_kit.train.checkpoints import Identity
from cooldown_kit.train.memory import clear_out_of_memory
from cooldown_kit.train.options import TrainOptions
from cooldown_kit.train.sampler import rows_of_steps, steps_of
from cooldown_kit.workspace import write_whole

VERSION = 1
"""Raised whenever the same mixture, model, options and seed would give other weights."""

_RESULT = "result.json"
_PROBE_ROWS = 2


def train(
    *,
    mixture: Path,
    model: Path,
    options: TrainOptions,
    seed: int,
    out: Path,
    emit: Emit,
    should_stop: Callable[[], bool],
) -> dict[str, Any]:
    """Train ``model`` on ``mixture``, once through its rows, and export the result.

    ``options`` are resolved (no ``auto`` left); ``out`` is the stage's resumable folder. Afterwards it holds ``model/``
    (safetensors, tokenizer, chat template), ``adapter/`` (LoRA and QLoRA), ``history.jsonl`` and ``result.json``, which
    is what this returns. A call on a folder that a killed run left continues it from its newest whole
    checkpoint and ends with the same weights, bit for bit on a CPU.

    Raises :class:`Stopped` where ``should_stop()`` became true: the checkpoint of the last finished step is saved.
    Raises :class:`InputError` for a mixture, model or checkpoint that does not fit, :class:`StorageError` where the disk cannot
    hold the checkpoints, and :class:`CooldownError` where memory runs out or the loss is no number.
    """
    from cooldown_kit.train.quiet import quiet_libraries

    with quiet_libraries():
        about = _about(mixture)
        steps = steps_of(about["rows"], options.batch_sequences)
        identity = Identity.of(
            mixture=about["fingerprint"], model=model, options=options, seed=seed, steps=steps
        )
        if (result := _finished(out, identity)) is not None:
            return result
        folder = out / "checkpoints"
        done = checkpoints.newest(folder, identity) or 0
        history.cut(out / "history.jsonl", done)
        if done:
            emit(Message(stage="train", text=f"continues after step {done} of {steps}"))
        run = _Run(mixture, model, options, seed, out, emit, about, steps, identity)
        if done < steps:
            with clear_out_of_memory(options, about["sequence_length"]):
                run.continue_from(done, should_stop)
            gc.collect()  # the trained model and its optimizer make room for the export
        if not _is_first_process():
            return {}
        return run.export()


@dataclass(frozen=True)
class _Run:
    """One call of :func:`train` after its inputs were checked."""

    mixture: Path
    model: Path
    options: TrainOptions
    seed: int
    out: Path
    emit: Emit
    about: dict[str, Any]
    """The mixture's ``mixture.json``."""
    steps: int
    identity: Identity

    @property
    def folder(self) -> Path:
        return self.out / "checkpoints"

    def rows(self) -> Any:
        """The mixture's rows, memory-mapped, as a ``datasets.Dataset``."""
        from datasets import Dataset

        return Dataset.from_file(str(self.mixture / "rows.arrow"))

    def continue_from(self, done: int, should_stop: Callable[[], bool]) -> None:
        """Train steps ``done`` … ``steps`` - 1; the checkpoint of the last one is there afterwards."""
        from cooldown_kit.train.callbacks import Checkpoints, Metrics
        from cooldown_kit.train.trainer import build_trainer

        options = self.options
        assert isinstance(options.checkpoint_every, int)
        saving = Checkpoints(
            self.folder,
            self.identity,
            self.emit,
            should_stop,
            steps=self.steps,
            every=options.checkpoint_every,
            keep=options.keep_checkpoints,
        )
        metrics = Metrics(
            self.out / "history.jsonl",
            self.emit,
            steps=self.steps,
            tokens_per_step=options.batch_sequences * self.about["sequence_length"],
        )
        trainer = build_trainer(
            model=self.model,
            rows=self.rows().select(rows_of_steps(done, self.steps, options.batch_sequences)),
            options=options,
            steps=self.steps,
            seed=self.seed,
            folder=self.folder,
            callbacks=[metrics, saving],
            sources=[source["name"] for source in self.about["sources"]],
            world_size=int(os.environ.get("WORLD_SIZE", "1")),
        )
        if trainer.is_world_process_zero():
            checkpoints.probe(trainer.model, self.out, options)
        trainer.train(resume_from_checkpoint=str(checkpoints.path_of(self.folder, done)) if done else None)
        if saving.stopped_at is not None and saving.stopped_at < self.steps:
            raise Stopped(
                f"training stopped after step {saving.stopped_at} of {self.steps}; nothing is lost",
                where="train",
                remedy="run the same recipe again: it continues after that step",
            )

    def export(self) -> dict[str, Any]:
        """Write the results from the last checkpoint, then declare the run finished and delete the checkpoints."""
        from cooldown_kit.train.export import export

        probe = self.rows()[:_PROBE_ROWS]["input_ids"]
        comparison = export(
            model=self.model,
            trained=checkpoints.path_of(self.folder, self.steps),
            method=self.options.method,
            rows=probe,
            out=self.out,
        )
        if comparison["difference"] > comparison["effect"] / 2:
            self.emit(
                Message(
                    stage="train",
                    level="warning",
                    text=f"rounding to {comparison['dtype']} moved the logits by {comparison['difference']:.2%} of "
                    f"their spread, training by {comparison['effect']:.2%}: the exported model shows little of what "
                    "was learnt. Train longer, or use the adapter beside the base",
                )
            )
        result = self._result(comparison)
        write_whole(
            self.out / _RESULT, json.dumps({"identity": vars(self.identity), "result": result}, indent=1)
        )
        shutil.rmtree(self.folder)
        for name in ("adapter", "model"):
            if (self.out / name).exists():
                self.emit(Artefact(stage="train", name=name, path=str(self.out / name)))
        return result

    def _result(self, comparison: dict[str, Any]) -> dict[str, Any]:
        losses = [line["loss"] for line in history.read(self.out / "history.jsonl")]
        tenth = max(1, len(losses) // 10)
        return {
            "method": self.options.method,
            "steps": self.steps,
            "tokens": self.about["rows"] * self.about["sequence_length"],
            "loss_first_tenth": sum(losses[:tenth]) / tenth,
            "loss_last_tenth": sum(losses[-tenth:]) / tenth,
            "export": comparison,
        }


def _about(mixture: Path) -> dict[str, Any]:
    try:
        return dict(json.loads((mixture / "mixture.json").read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise InputError(
            "there is no mixture here",
            where=str(mixture),
            remedy="mix first, or name the folder that mixing made",
        ) from error


def _finished(out: Path, identity: Identity) -> dict[str, Any] | None:
    """The result of a run that ended here but was killed before its folder was published."""
    path = out / _RESULT
    if not path.exists():
        return None
    found = json.loads(path.read_text(encoding="utf-8"))
    if found["identity"] != vars(identity):
        path.unlink()
        return None
    shutil.rmtree(out / "checkpoints", ignore_errors=True)
    return dict(found["result"])


def _is_first_process() -> bool:
    return os.environ.get("RANK", "0") == "0"
