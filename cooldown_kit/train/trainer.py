"""TRL's SFTTrainer over our own packed rows, by its public interface only.

The rows go through untouched (``{input_ids, labels, seq_lengths}``): the collator flattens a micro-batch to one line whose
``position_ids`` restart at every document, and gives *no* attention mask. With a mask of ones beside such
``position_ids`` transformers would silently let documents see each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch.optim.lr_scheduler import LRScheduler
from transformers import PrinterCallback, TrainerCallback
from trl import SFTConfig, SFTTrainer

from cooldown_kit.errors import InputError
from cooldown_kit.train.load import load_for_training, with_adapters
from cooldown_kit.train.options import TrainOptions
from cooldown_kit.train.sampler import accumulation_steps
from cooldown_kit.train.schedule import learning_rate, warmup_steps_of
from cooldown_kit.train.source_loss import SOURCE, SourceLosses, with_sources


class StepSchedule(LRScheduler):
    """Our :func:`learning_rate` as torch's scheduler; its whole state is the number of the step."""

    def __init__(self, optimizer: torch.optim.Optimizer, options: TrainOptions, steps: int) -> None:
        assert isinstance(options.learning_rate, float)
        self._steps = steps
        self._peak = options.learning_rate
        self._final = options.final_learning_rate
        self._warmup_steps = warmup_steps_of(options.warmup, steps)
        self._shape = options.schedule
        super().__init__(optimizer)

    def get_lr(self) -> list[float | torch.Tensor]:
        rate = learning_rate(
            min(self.last_epoch, self._steps - 1),  # the loop asks once more after the last step
            steps=self._steps,
            peak=self._peak,
            final=self._final,
            warmup_steps=self._warmup_steps,
            shape=self._shape,
        )
        return [rate for _ in self.optimizer.param_groups]

    def state_dict(self) -> dict[str, Any]:
        return {"last_epoch": self.last_epoch}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.last_epoch = state_dict["last_epoch"]
        self._last_lr = self.get_lr()  # what get_last_lr() reports for the first step after a resume


class PackedTrainer(SFTTrainer):
    """SFTTrainer with our schedule, which also logs the loss of each of ``sources``.

    The rows are those that are still to be read, in their order.
    """

    def __init__(self, *, options: TrainOptions, steps: int, sources: Sequence[str], **rest: Any) -> None:
        self._options = options
        self._steps = steps
        self._source_losses = SourceLosses(sources)
        super().__init__(**rest)
        if sources:  # SFTTrainer refuses a collator of ours beside `padding_free`, so its own is wrapped
            self.data_collator = with_sources(self.data_collator)  # type: ignore[has-type]
        # TRL casts the adapters of a 4-bit base to bf16, where the small updates of a decay are lost
        for parameter in self.model.parameters():
            if parameter.requires_grad:
                parameter.data = parameter.data.float()
        self.remove_callback(PrinterCallback)

    def compute_loss(
        self,
        model: torch.nn.Module,
        inputs: dict[str, Any],
        return_outputs: bool = False,
        num_items_in_batch: Any = None,
    ) -> Any:
        """As SFTTrainer's, unchanged; the log-probabilities that the model gives it are summed by source on their way."""
        source = inputs.pop(SOURCE, None)
        if source is None:
            return super().compute_loss(model, inputs, return_outputs, num_items_in_batch)

        def count(_module: torch.nn.Module, _given: Any, outputs: Any) -> None:
            self._source_losses.add(outputs.log_probs, outputs.label_mask, source)

        with model.register_forward_hook(count):
            return super().compute_loss(model, inputs, return_outputs, num_items_in_batch)

    def create_model_card(self, *_: Any, **__: Any) -> None:
        """None: TRL drafts one at every checkpoint, and the card of the result is made with its evidence (``report/card.py``)."""

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """As SFTTrainer's, with ``loss/{source}`` and ``tokens/{source}`` beside ``loss``."""
        if "loss" in logs:  # not the loop's closing summary
            logs.update(self._source_losses.take(lambda sums: self.accelerator.reduce(sums, "sum")))
        super().log(logs, start_time)

    def create_scheduler(
        self, num_training_steps: int, optimizer: torch.optim.Optimizer | None = None
    ) -> LRScheduler:
        """One value per optimizer step; the last executed step runs at exactly ``final_learning_rate``."""
        assert num_training_steps == self._steps
        schedule = StepSchedule(optimizer or self.optimizer, self._options, self._steps)
        self.lr_scheduler: LRScheduler = schedule
        return schedule


def build_trainer(
    *,
    model: Path,
    rows: Any,
    options: TrainOptions,
    steps: int,
    seed: int,
    folder: Path,
    callbacks: list[TrainerCallback],
    sources: Sequence[str] = (),
    world_size: int = 1,
) -> PackedTrainer:
    """A trainer that reads ``rows`` (a ``datasets.Dataset``) in their order until ``steps`` steps are done in all.

    ``sources`` names what the rows' column ``source`` counts; every step then logs ``loss/{source}`` and ``tokens/{source}`` of those it read.
    Everything that the libraries draw (the adapters' first weights) comes from ``seed``.
    Checkpoints go to ``folder``; the caller's callbacks say when.

    Raises :class:`InputError` where the model cannot be loaded or several GPUs are visible to this process.
    """
    from transformers import AutoTokenizer, set_seed

    set_seed(seed)
    if options.device == "cuda":
        _one_gpu_per_process(world_size)
        torch.use_deterministic_algorithms(True, warn_only=True)
        torch.utils.deterministic.fill_uninitialized_memory = False
    network = load_for_training(model, options)
    if options.method != "full":
        network = with_adapters(network, options)
    return PackedTrainer(
        options=options,
        steps=steps,
        sources=sources,
        model=network,
        args=trainer_arguments(options, steps=steps, seed=seed, folder=folder, world_size=world_size),
        train_dataset=rows,
        processing_class=AutoTokenizer.from_pretrained(model),
        callbacks=callbacks,
    )


def _one_gpu_per_process(world_size: int) -> None:
    """TRL trains one GPU per process; several visible to one process would be used in a way that it refuses late."""
    if world_size == 1 and (count := torch.cuda.device_count()) > 1:
        raise InputError(
            f"{count} GPUs are visible to one training process",
            where="train.device",
            remedy="choose one, for example `CUDA_VISIBLE_DEVICES=0 cooldown run recipe.yaml`",
        )


def trainer_arguments(
    options: TrainOptions, *, steps: int, seed: int, folder: Path, world_size: int = 1
) -> SFTConfig:
    """Our resolved options in TRL's words."""
    assert isinstance(options.micro_batch, int)
    return SFTConfig(
        output_dir=str(folder),
        seed=seed,
        use_cpu=options.device == "cpu",
        bf16=options.precision == "bf16",
        # rows: packed by us, so nothing is tokenised, truncated, packed, shuffled or padded again
        packing=False,
        padding_free=True,
        max_length=None,
        dataset_kwargs={"skip_prepare_dataset": True},
        remove_unused_columns=False,  # `source` goes on to the loss
        train_sampling_strategy="sequential",
        per_device_train_batch_size=options.micro_batch,
        gradient_accumulation_steps=accumulation_steps(
            options.batch_sequences, options.micro_batch, world_size
        ),
        max_steps=steps,
        ignore_data_skip=True,  # the rows that were read before a resume are left out by us, at no cost
        average_tokens_across_devices=True,
        ddp_find_unused_parameters=False,
        # optimizer
        learning_rate=float(options.learning_rate),
        weight_decay=float(options.weight_decay),
        adam_beta1=options.beta1,
        adam_beta2=options.beta2,
        max_grad_norm=options.max_grad_norm,
        activation_checkpointing=bool(options.activation_checkpointing),
        # our callbacks log every step and say when to save; nobody else is told anything
        logging_strategy="steps",
        logging_steps=1,
        logging_nan_inf_filter=False,
        save_strategy="no",
        eval_strategy="no",
        report_to=[],
        disable_tqdm=True,
        push_to_hub=False,
        dataloader_pin_memory=options.device == "cuda",
    )
