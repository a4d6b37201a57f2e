"""Reads what every stage of a run left behind and writes what a person gets: evidence, report, model card, recipe."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from cooldown_kit.documents import Document, read_documents
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
from cooldown_kit.report.prefix import PrefixShares, prefix_shares
from cooldown_kit.run_folder import RunFolder
from cooldown_kit.workspace import write_whole

if TYPE_CHECKING:
    from cooldown_kit.evaluate.evidence import Evidence
    from cooldown_kit.recipe import Recipe
    from cooldown_kit.stages import Prepared

_SAMPLES_PER_STREAM = 2
_PACKAGES = ("cooldown-kit", "torch", "transformers", "trl", "peft", "bitsandbytes", "pyarrow", "tokenizers")


def write_results(recipe: Recipe, prepared: Prepared, run: RunFolder, evidence: Evidence) -> None:
    """Write ``evidence/``, ``recipe.yaml``, ``report.html`` and a model card beside each set of weights."""
    from cooldown_kit.report.card import write_model_card
    from cooldown_kit.report.html import write_report

    evidence.save(run.path / "evidence")
    contents = gather(recipe, prepared, run, evidence)
    write_whole(run.path / "recipe.yaml", contents.recipe)
    for part in ("model", "adapter"):
        if (run.path / part).exists():
            write_model_card(contents, run.path / part)
    write_report(contents, run.path / "report.html")


def gather(recipe: Recipe, prepared: Prepared, run: RunFolder, evidence: Evidence) -> ReportContents:
    """Everything that the report and the model card show of a run."""
    trained = run.summary("train")
    mixture = run.stage("mix")
    about = json.loads((mixture / "mixture.json").read_text())
    return ReportContents(
        title=recipe.name,
        run=run.path.name,
        made_at=datetime.now(UTC),
        goal=recipe.goal,
        base_model=prepared.model.name,
        method=_method(trained["options"]),
        parameters=prepared.facts.parameters,
        trained_parameters=_trained_parameters(prepared, trained["options"]),
        recipe=recipe.to_yaml(),
        choices=list(_choices(recipe, prepared, run)),
        sources=list(_sources(recipe, run)),
        mixture=[_share(source) for source in about["sources"]],
        sequence_length=about["sequence_length"],
        prefix=_prefix(mixture, about),
        history=_history(run.stage("train") / "history.jsonl"),
        evidence=evidence,
        samples=list(_samples(run.stage("curate") / "documents.parquet")),
        lineage=list(_lineage(recipe, prepared, run, about)),
        versions=_versions(),
        timings=[
            Timing(stage=name.partition("/")[0], detail=name.partition("/")[2], seconds=stage["seconds"])
            for name, stage in run.state.stages.items()
        ],
        warnings=run.state.warnings,
    )


def _method(options: Mapping[str, Any]) -> str:
    if options["method"] == "full":
        return "all weights"
    name = {"lora": "LoRA", "qlora": "QLoRA (4-bit NF4 base)"}[options["method"]]
    return f"{name}, rank {options['lora']['rank']}, on all linear layers"


def _trained_parameters(prepared: Prepared, options: Mapping[str, Any]) -> int:
    facts = prepared.facts
    return facts.parameters if options["method"] == "full" else facts.lora_parameters(options["lora"]["rank"])


def _choices(recipe: Recipe, prepared: Prepared, run: RunFolder) -> Iterator[Choice]:
    """Every option that the recipe left to the kit, with the value it got and why."""
    mixture, trained = prepared.mixture, run.summary("train")
    values = {
        "mix.tokens": f"{mixture.tokens:,}",
        "mix.sequence_length": str(mixture.sequence_length),
        "mix.shares": ", ".join(f"{s.name} {float(s.share):.1%}" for s in mixture.sources),
    }
    for option, reason in mixture.reasons.items():
        yield Choice(option=option, value=values[option], reason=reason)
    tokens = run.summary("tokenise")
    yield Choice(
        option="mix.separator", value=tokens["separator"]["token"], reason=tokens["separator_reason"]
    )
    for option, reason in trained["reasons"].items():
        key = option.removeprefix("train.")
        value: Any = trained["options"]
        for part in key.split("."):
            value = value[part]
        yield Choice(option=f"train.{key}", value=str(value), reason=reason)
    curated = run.summary("curate")
    if recipe.holdout.after is None:
        for kind, cut in curated["cutoffs"].items():
            reason = f"leaves the newest {recipe.holdout.newest_share:.0%} of them out of training"
            yield Choice(option="holdout", value=f"{kind} after {cut}", reason=reason)


def _sources(recipe: Recipe, run: RunFolder) -> Iterator[SourceFacts]:
    curated = run.summary("curate")["streams"]
    tokens = run.summary("tokenise")["streams"]
    for name in recipe.sources:
        harvest, render = run.summary(f"harvest/{name}"), run.summary(f"render/{name}")
        takes = sorted(
            {*harvest["records"], *(s.partition(".")[2] for s in curated if s.partition(".")[0] == name)}
        )
        for number, take in enumerate(takes):
            stream = f"{name}.{take}"
            counts = curated.get(stream, {})
            first = number == 0  # what is counted for a whole source is shown once, with its first stream
            yield SourceFacts(
                stream=stream,
                connector=recipe.sources[name].connector,
                harvested=harvest["records"].get(take, 0),
                skipped=harvest["skipped"] if first else {},
                documents=counts.get("read", 0),
                dropped={**counts.get("dropped", {}), **(render["not_rendered"] if first else {})},
                train=counts.get("train", 0),
                heldout=counts.get("heldout", 0),
                tokens=tokens.get(stream, {}).get("tokens"),
                secrets=render["secrets"] if first else {},
                layouts=[
                    LayoutFacts(layout=layout, **of) for layout, of in counts.get("layouts", {}).items()
                ],
                fallbacks=_fallbacks(render) if first else {},
            )


def _fallbacks(render: Mapping[str, Any]) -> dict[str, int]:
    """``before_after: no_contents`` → how many records took the first layout of their kind instead."""
    return {
        f"{layout}: {reason}": count
        for layout, reasons in render["fallbacks"].items()
        for reason, count in reasons.items()
    }


def _share(source: Mapping[str, Any]) -> MixtureShare:
    return MixtureShare(
        name=source["name"],
        group=source["group"],
        asked=source["share_asked"],
        attained=source["share_attained"],
        tokens=source["tokens"],
        unique_tokens=source["unique_tokens"],
        epochs=source["epochs"],
        rows=source["rows"],
        documents=source["documents_read"],
        documents_cut=source["cuts"],
    )


def _prefix(mixture: Path, about: Mapping[str, Any]) -> PrefixShares:
    with pa.memory_map(str(mixture / "rows.arrow")) as source:
        order = pa.chunked_array([batch.column("source") for batch in pa.ipc.open_stream(source)]).to_numpy()
    return prefix_shares(
        order, [s["name"] for s in about["sources"]], [s["share_asked"] for s in about["sources"]]
    )


def _history(path: Path) -> list[Step]:
    names = ("step", "loss", "learning_rate", "grad_norm", "tokens_per_second")
    lines = map(json.loads, path.read_text().splitlines())
    return [Step(**{name: line[name] for name in names if line.get(name) is not None}) for line in lines]


def _samples(documents: Path) -> Iterator[Sample]:
    """The first few training documents and one held-out one of every stream and layout, as many as a person will read."""
    wanted: dict[tuple[str, str, str], int] = {}
    for document in _sampled(read_documents(documents)):
        key = (document.stream, document.layout, document.split)
        limit = _SAMPLES_PER_STREAM if document.split == "train" else 1
        if wanted.setdefault(key, 0) < limit and document.text.strip():
            wanted[key] += 1
            yield Sample(
                kind=document.kind,
                stream=document.stream,
                id=document.id,
                split=document.split,
                parts=document.segments,
                layout=document.layout,
                provenance=_provenance(document),
            )


def _sampled(documents: Iterable[Document]) -> Iterator[Document]:
    """Enough documents to have some of every stream, without reading a huge file to its end for a few samples."""
    return islice(iter(documents), 200_000)


def _provenance(document: Document) -> dict[str, str]:
    found = {
        "repository": document.repository,
        "revision": document.revision,
        "path": document.path,
        "url": document.url,
        "time": document.time.isoformat() if document.time else None,
        "language": document.language,
    }
    return {name: value for name, value in found.items() if value}


def _lineage(
    recipe: Recipe, prepared: Prepared, run: RunFolder, about: Mapping[str, Any]
) -> Iterator[LineageItem]:
    yield LineageItem(what="base model", identity=prepared.model.name, digest=prepared.model.digest)
    for name in recipe.sources:
        state = run.state.stages[f"harvest/{name}"]
        fingerprint = state["summary"]["fingerprint"]
        tip = next(
            (str(fingerprint[key]) for key in ("tip", "revision", "commit") if fingerprint.get(key)), ""
        )
        yield LineageItem(
            what=f"source {name}", identity=tip or recipe.sources[name].connector, digest=state["digest"]
        )
    if prepared.dataset is not None:
        yield LineageItem(
            what="pinned dataset", identity=prepared.dataset.path.name, digest=prepared.dataset.digest
        )
    yield LineageItem(what="documents", identity=f"{prepared.curated.key}", digest=prepared.curated.digest)
    yield LineageItem(
        what="mixture",
        identity=f"{about['rows']:,} sequences, seed {about['seed']}",
        digest=about["fingerprint"],
    )
    yield LineageItem(what="model", identity=run.path.name, digest=run.state.stages["train"]["digest"])


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
