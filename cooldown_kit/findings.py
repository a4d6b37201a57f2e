"""What is wrong or doubtful about a run whose data is prepared: the tokenizer, the mixture, the hold-out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from cooldown_kit.errors import RecipeError
from cooldown_kit.mix.tokens import lengths_with_prompts

if TYPE_CHECKING:
    from cooldown_kit.recipe import Recipe
    from cooldown_kit.stages import Prepared

_CUT_PROMPTS = 0.05
"""A share of cut documents below which nobody need change anything."""
_FEW_HELDOUT = 10
"""With fewer held-out documents of a kind an interval says little."""


@dataclass(frozen=True)
class Finding:
    """Something that a person should know before the run: an ``error`` stops it, a ``warning`` does not."""

    level: Literal["error", "warning"]
    text: str
    remedy: str | None = None


def findings(recipe: Recipe, prepared: Prepared) -> list[Finding]:
    """What is wrong or doubtful about tokenizer, mixture and hold-out."""
    from cooldown_kit.model.audit import audit_tokenizer

    found = [
        Finding(f.level, f.text, f.remedy) for f in audit_tokenizer(prepared.model.path, recipe.mix.separator)
    ]
    found += [Finding("warning", warning) for warning in prepared.mixture.warnings]
    if recipe.render.special_tokens and not _any_special_token(prepared):
        found.append(
            Finding(
                "warning",
                "`render.special_tokens` is on, but every document is plain text: the tokenizer lacks the tokens that these layouts mark",
                "leave `render.special_tokens` out, or use a model whose tokenizer has them (docs/render.md)",
            )
        )
    found += _cut_prompts(prepared)
    counts = _heldout_documents(prepared)
    for kind, documents in sorted(counts.items()):
        if not documents:
            found.append(
                Finding(
                    "warning",
                    f"no held-out documents of kind {kind.replace('_', ' ')}: there will be no evidence for it",
                    "hold out more (`holdout.newest`, `holdout.after`, `holdout.undated`), or add documents; "
                    "packs of files (`render.source_file`) are few where a repository is small",
                )
            )
        elif documents < _FEW_HELDOUT:
            found.append(
                Finding(
                    "warning",
                    f"only {documents} held-out documents of kind {kind.replace('_', ' ')}: the interval of its evidence will be wide or missing",
                    "hold out more (`holdout.newest`, `holdout.after`, `holdout.undated`), or add documents",
                )
            )
    return found


def refuse_errors(found: list[Finding]) -> None:
    """Raise :class:`RecipeError` for the first finding that stops a run."""
    for finding in found:
        if finding.level == "error":
            raise RecipeError(finding.text, remedy=finding.remedy)


def _cut_prompts(prepared: Prepared) -> Iterator[Finding]:
    """Documents with a prompt that a sequence cannot hold: packing cuts them, and the answer goes on without its prompt."""
    length = prepared.mixture.sequence_length
    for source in prepared.mixture.sources:
        for stream in source.streams:
            lengths = lengths_with_prompts(prepared.tokens.path, stream.name) if stream.tokens else None
            cut = 0 if lengths is None else int((lengths > length).sum())
            if lengths is not None and cut > _CUT_PROMPTS * len(lengths):
                yield Finding(
                    "warning",
                    f"{cut:,} of {len(lengths):,} documents of {stream.name} with a prompt are longer than a sequence of {length:,} "
                    "tokens: they are cut, and what is behind the cut is learned without its prompt",
                    "lower `render.prompt_characters`, raise `mix.sequence_length`, or give the layout `task` a smaller share",
                )


def _any_special_token(prepared: Prepared) -> bool:
    streams = prepared.curated.summary["streams"].values()
    return any(layout["special_tokens"] for counts in streams for layout in counts["layouts"].values())


def _heldout_documents(prepared: Prepared) -> dict[str, int]:
    """Kind → how many are held out; 0 for a kind of which all documents are trained on."""
    summary = prepared.curated.summary
    return {**dict.fromkeys(summary["train_by_kind"], 0), **summary["heldout_by_kind"]}
