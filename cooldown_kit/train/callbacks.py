"""What the training loop tells us, and what we tell it: metrics, checkpoints, stopping, and numbers that are none."""

# ruff: noqa: ARG002 - the trainer calls every hook with all of its state

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from cooldown_kit.errors import LossNotFinite
from cooldown_kit.events import Checkpoint, Emit, Metric, Progress
from cooldown_kit.train import checkpoints, history
from cooldown_kit.train.checkpoints import Identity


class Metrics(TrainerCallback):
    """Emits every step's numbers, appends them to the history, and stops at the first that is no number.

    ``step`` counts finished steps from 1; the learning rate beside it is the one that step ran at.
    ``loss/{source}`` is the mean over that source's trained tokens, of every source that the step read; all losses are in nats per token.
    ``tokens/{source}`` is how many of its tokens the step trained on: their sum over the steps is what was consumed so far.
    ``tokens_per_second`` counts all tokens of the step, over accumulation and devices, by the clock between two
    steps, without the time that saving takes.
    """

    def __init__(self, path: Path, emit: Emit, *, steps: int, tokens_per_step: int) -> None:
        self._path = path
        self._emit = emit
        self._steps = steps
        self._tokens_per_step = tokens_per_step
        self._since = 0.0
        self._rate = 0.0

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **rest: Any
    ) -> None:
        self._since = time.perf_counter()

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **rest: Any
    ) -> None:
        now = time.perf_counter()
        self._rate = self._tokens_per_step / (now - self._since)
        self._since = now

    def on_save(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **rest: Any
    ) -> None:
        self._since = time.perf_counter()

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, float],
        **rest: Any,
    ) -> None:
        if "loss" not in logs:  # the loop's closing summary
            return
        step = state.global_step
        values = {
            "loss": logs["loss"],
            "learning_rate": logs["learning_rate"],
            "grad_norm": logs["grad_norm"],
            "tokens": float(step * self._tokens_per_step),
            "tokens_per_second": self._rate,
            **{name: value for name, value in logs.items() if name.startswith(("loss/", "tokens/"))},
        }
        for name in ("loss", "grad_norm"):
            if not math.isfinite(values[name]):
                raise _not_finite(name, values[name], step)
        if state.is_world_process_zero:
            history.append(self._path, {"step": step, **values})
            self._emit(Metric(stage="train", step=step, values=values))
            self._emit(Progress(stage="train", done=step, total=self._steps, unit="steps"))


class Checkpoints(TrainerCallback):
    """Saves every so many steps, at the end and when the run is asked to stop, and declares whole what is whole."""

    def __init__(
        self,
        folder: Path,
        identity: Identity,
        emit: Emit,
        should_stop: Callable[[], bool],
        *,
        steps: int,
        every: int,
        keep: int,
    ) -> None:
        self._folder = folder
        self._identity = identity
        self._emit = emit
        self._should_stop = should_stop
        self._steps = steps
        self._every = every
        self._keep = keep
        self.stopped_at: int | None = None
        """The step after which the run was stopped, if it was."""

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **rest: Any
    ) -> None:
        step = state.global_step
        if _on_any_device(self._should_stop(), args.device):
            self.stopped_at = step
            control.should_training_stop = True
        control.should_save = self.stopped_at is not None or step % self._every == 0 or step == self._steps

    def on_save(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **rest: Any
    ) -> None:
        if torch.distributed.is_initialized():
            torch.distributed.barrier()  # every process has written its part
        if state.is_world_process_zero:
            checkpoints.finish(self._folder, state.global_step, self._identity, self._keep)
            self._emit(self._event(state))

    def _event(self, state: TrainerState) -> Checkpoint:
        path = checkpoints.path_of(self._folder, state.global_step).absolute()
        losses = [line["loss"] for line in state.log_history[-1:] if "loss" in line]
        return Checkpoint(
            stage="train",
            step=state.global_step,
            path=str(path),
            bytes=sum(file.stat().st_size for file in path.rglob("*") if file.is_file()),
            loss=losses[0] if losses else None,
        )


def _on_any_device(flag: bool, device: torch.device) -> bool:
    """True on every process where it is true on one, so that all stop after the same step."""
    if not torch.distributed.is_initialized():
        return flag
    shared = torch.tensor(int(flag), device=device)
    torch.distributed.all_reduce(shared, op=torch.distributed.ReduceOp.MAX)
    return bool(shared.item())


def _not_finite(name: str, value: float, step: int) -> LossNotFinite:
    words = {"loss": "loss", "grad_norm": "norm of the gradients"}[name]
    return LossNotFinite(
        f"the {words} became {value} at step {step}; training stopped before a checkpoint of it was written",
        where="train",
        remedy="lower `learning_rate`, raise `warmup`, keep `max_grad_norm` at 1 or below, or set `precision: fp32`; "
        "earlier checkpoints are whole",
    )
