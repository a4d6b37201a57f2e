"""Tokenizer traps, found before they cost anything.

Each of these has ruined other people's runs silently: a BOS put twice, EOS used as padding and therefore never learnt, documents
without an end, tokens that the model has no embedding for, white space that does not survive.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from cooldown_kit.errors import RecipeError
from cooldown_kit.model.facts import read_config, read_facts
from cooldown_kit.model.tokenizer import (
    added_bos,
    choose_separator,
    fast_tokenizer,
    load_tokenizer,
    special_token_ids,
)

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Level = Literal["error", "warning"]

PROBES: dict[str, tuple[Level, str]] = {
    "indentation": ("error", "def f(x):\n    if x:\n        return x\n"),
    "tabs": ("error", "all:\n\tmake -C src\n\t\techo done\n"),
    "blank lines": ("error", "a\n\n\n\nb\n"),
    "double spaces": ("error", "x  =  1   # two\n"),
    "upper case": ("error", "class HTTPServer: MAX = 1\n"),
    "CRLF line ends": ("warning", "first\r\nsecond\r\n"),
    "trailing spaces": ("warning", "end  \n   "),
    "accents": ("warning", "Größe, naïve café, ñandú"),
    "decomposed accents": ("warning", "cafe\u0301"),
    "other scripts": ("warning", "漢字 кириллица العربية हिन्दी"),
    "emoji": ("warning", "done 🎉 👩‍💻"),
    "compatibility forms": ("warning", "ﬁle ② Ｆｕｌｌ"),
}
"""What must survive encoding and decoding: name → level where it does not, and a text that shows it."""

_BREAKS_CODE = (" ", "\t", "\n", *map(chr, range(33, 127)))


@dataclass(frozen=True)
class Finding:
    """One trap. An ``error`` would spoil the training, a ``warning`` may surprise whoever uses the model later."""

    level: Level
    code: str
    """Short and stable, for example ``bos_twice``."""
    text: str
    remedy: str


def audit_tokenizer(folder: Path, separator: str = "auto") -> list[Finding]:
    """All traps in the tokenizer of a model folder, errors first; an empty list is the good answer.

    Raises :class:`InputError` where the tokenizer or the model's configuration cannot be read at all.
    """
    tokenizer = load_tokenizer(folder)
    fast = fast_tokenizer(tokenizer, folder)
    fast.encode_special_tokens = True
    findings = [
        *_separator(tokenizer, separator, folder),
        *_vocabulary(fast, folder),
        *_bos(tokenizer),
        *_eos(tokenizer, folder),
        *_unknown(tokenizer, fast),
        *_round_trip(fast),
        *_literal_special_tokens(tokenizer, fast),
        *_truncation(folder),
    ]
    return sorted(findings, key=lambda finding: finding.level)


def _separator(tokenizer: Any, separator: str, folder: Path) -> Iterator[Finding]:
    try:
        token, _, _ = choose_separator(tokenizer, separator, folder)
    except RecipeError as error:
        yield Finding("error", "separator", error.what, error.remedy or "")
        return
    ids = tokenizer(token, add_special_tokens=False).input_ids
    if len(ids) != 1:
        yield Finding(
            "error",
            "separator_split",
            f"the separator {token} is encoded as {len(ids)} tokens, not as one",
            "mark it as a special token in the tokenizer, or name another as `mix.separator`",
        )


def _vocabulary(fast: Tokenizer, folder: Path) -> Iterator[Finding]:
    rows = read_facts(folder).vocabulary
    too_high = {token: i for token, i in fast.get_vocab(with_added_tokens=True).items() if i >= rows}
    if too_high:
        example = min(too_high, key=too_high.__getitem__)
        yield Finding(
            "error",
            "vocabulary_too_large",
            f"{len(too_high)} tokens have no row in the model's embedding of {rows}, first {example!r} ({too_high[example]})",
            "use the tokenizer that belongs to this model, or resize the model's embedding and train the new rows",
        )


def _bos(tokenizer: Any) -> Iterator[Finding]:
    bos = tokenizer.bos_token_id
    if bos is None:
        return
    if tokenizer("text").input_ids[:2] == [bos, bos]:
        yield Finding(
            "error",
            "bos_twice",
            f"the tokenizer puts its BOS {tokenizer.bos_token} twice before every text",
            "remove one of the two: `add_bos_token` in tokenizer_config.json, or the post-processor in tokenizer.json",
        )
    elif added_bos(tokenizer) is not None and _template_start(tokenizer).startswith(tokenizer.bos_token):
        yield Finding(
            "warning",
            "bos_twice_in_chat",
            f"both the chat template and the tokenizer put {tokenizer.bos_token} first: a rendered chat that is encoded "
            "like other text gets it twice",
            "encode rendered chats with add_special_tokens=False, as the kit does",
        )


def _template_start(tokenizer: Any) -> str:
    if not tokenizer.chat_template:
        return ""
    from jinja2 import TemplateError

    try:
        return str(tokenizer.apply_chat_template([{"role": "user", "content": "text"}], tokenize=False))
    except (TemplateError, ValueError, TypeError, KeyError):
        return ""  # a template that needs more than one user message says nothing about BOS


def _eos(tokenizer: Any, folder: Path) -> Iterator[Finding]:
    eos = tokenizer.eos_token_id
    if eos is None:
        yield Finding(
            "error",
            "eos_missing",
            "the tokenizer has no EOS token: a model trained with it never learns to stop",
            "set `eos_token` in tokenizer_config.json to the token that ends a text",
        )
        return
    if tokenizer.pad_token_id == eos:
        yield Finding(
            "warning",
            "pad_is_eos",
            f"PAD and EOS are the same token, {tokenizer.eos_token}: tools that mask padding by its id also mask EOS, and the "
            "model no longer learns to stop",
            "nothing for this run, which never pads; for later fine-tuning give PAD a token of its own",
        )
    stops = _model_eos(folder)
    if stops and eos not in stops:
        yield Finding(
            "warning",
            "eos_differs",
            f"the tokenizer's EOS is {tokenizer.eos_token} ({eos}), but the model stops at {', '.join(map(str, stops))}",
            "set `eos_token_id` in generation_config.json and config.json to the tokenizer's",
        )


def _model_eos(folder: Path) -> list[int]:
    config = read_config(folder)
    ids = config.get("eos_token_id", (config.get("text_config") or {}).get("eos_token_id"))
    generation = folder / "generation_config.json"
    if generation.exists():
        ids = json.loads(generation.read_text(encoding="utf-8")).get("eos_token_id", ids)
    return [] if ids is None else ids if isinstance(ids, list) else [ids]


def _unknown(tokenizer: Any, fast: Tokenizer) -> Iterator[Finding]:
    unknown = tokenizer.unk_token_id
    if unknown is None:
        return
    lost = [c for c in _BREAKS_CODE if unknown in fast.encode(f"a{c}b", add_special_tokens=False).ids]
    if lost:
        yield Finding(
            "error",
            "unknown_characters",
            f"{len(lost)} common characters become {tokenizer.unk_token}: {' '.join(map(repr, lost[:8]))}",
            "use a model with a byte-level tokenizer, or one with byte fallback: this one cannot read code",
        )


def _round_trip(fast: Tokenizer) -> Iterator[Finding]:
    lost = {name: level for name, (level, text) in PROBES.items() if not _survives(fast, text)}
    if not lost:
        return
    spoils = "error" in lost.values()
    yield Finding(
        "error" if spoils else "warning",
        "lossy_round_trip",
        f"text does not survive encoding and decoding: {', '.join(lost)}",
        "use a model with a byte-level tokenizer without a normaliser"
        if spoils
        else "nothing, where your text does without; the model then reads and writes the normalised form",
    )


def _survives(fast: Tokenizer, text: str) -> bool:
    ids = fast.encode(text, add_special_tokens=False).ids
    return fast.decode(ids, skip_special_tokens=False) == text


def _literal_special_tokens(tokenizer: Any, fast: Tokenizer) -> Iterator[Finding]:
    special = special_token_ids(fast)
    special.pop(tokenizer.unk_token, None)  # it stands for anything unknown: that is another finding
    taken = [t for t, i in special.items() if i in fast.encode(f"a {t} b", add_special_tokens=False).ids]
    if taken:
        yield Finding(
            "warning",
            "literal_special_tokens",
            f"text that spells a special token becomes that token: {', '.join(taken[:5])}",
            "leave out documents that spell them (tokenizer source code, model cards), if your sources hold any",
        )


def _truncation(folder: Path) -> Iterator[Finding]:
    path = folder / "tokenizer.json"
    if not path.exists():
        return
    if truncation := json.loads(path.read_text(encoding="utf-8")).get("truncation"):
        yield Finding(
            "warning",
            "truncation_saved",
            f"tokenizer.json cuts every text after {truncation['max_length']} tokens without a word",
            "nothing for this run, which switches it off; for other tools remove `truncation` from tokenizer.json",
        )
