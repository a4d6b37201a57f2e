"""The base model's tokenizer: text to token ids and back, exactly."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cooldown_kit.errors import InputError, RecipeError
from cooldown_kit.workspace import digest_of

if TYPE_CHECKING:
    from tokenizers import Tokenizer

END_OF_TEXT = "<|endoftext|>"
_PROBE = "text"


def load_tokenizer(folder: Path) -> Any:
    """The ``transformers`` tokenizer of a model folder, as a user of the model gets it. Never reaches for the network.

    Raises :class:`InputError` where the folder holds none that can be loaded.
    """
    from transformers import AutoTokenizer

    from cooldown_kit.model.quiet import quiet_transformers

    try:
        with quiet_transformers():
            return AutoTokenizer.from_pretrained(folder, local_files_only=True)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, ImportError) as error:
        raise InputError(
            f"its tokenizer cannot be loaded ({_first_line(error)})",
            where=str(folder),
            remedy="put the tokenizer's files (tokenizer.json and tokenizer_config.json) beside the weights",
        ) from error


def fast_tokenizer(tokenizer: Any, folder: Path) -> Tokenizer:
    """A copy of the `tokenizers` pipeline inside a ``transformers`` tokenizer, without truncation and padding.

    A saved truncation would silently cut every document to its length. Raises :class:`InputError` where the tokenizer
    is written in Python only.
    """
    from tokenizers import Tokenizer

    inner = getattr(tokenizer, "backend_tokenizer", None)
    if inner is None:
        raise InputError(
            f"its tokenizer ({type(tokenizer).__name__}) has no fast version",
            where=str(folder),
            remedy="save it as tokenizer.json with transformers' convert_slow_tokenizer, or use a model that has one",
        )
    copy = Tokenizer.from_str(inner.to_str())
    copy.no_truncation()
    copy.no_padding()
    return copy


def special_token_names(folder: Path) -> tuple[str, ...]:
    """The special tokens of a model folder's tokenizer, sorted. Loads no library where there is a ``tokenizer.json``.

    Raises :class:`InputError` where the folder holds no tokenizer that can be loaded.
    """
    try:
        added = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))["added_tokens"]
        return tuple(sorted(str(token["content"]) for token in added if token["special"]))
    except (OSError, ValueError, KeyError, TypeError):  # there is none, or it is written in another way
        return tuple(sorted(special_token_ids(fast_tokenizer(load_tokenizer(folder), folder))))


def special_token_ids(tokenizer: Tokenizer) -> dict[str, int]:
    """Special token → id, of those that the tokenizer treats as special."""
    return {t.content: i for i, t in sorted(tokenizer.get_added_tokens_decoder().items()) if t.special}


class Encoder:
    """Encodes documents for training and scoring: losslessly, and with no special token that the kit did not put there.

    ``separator`` names the token that ends every document; ``auto`` takes ``<|endoftext|>`` where the tokenizer has it as a
    special token, else its EOS. Raises :class:`RecipeError` where there is no such token, :class:`InputError` where the
    tokenizer cannot be used.
    """

    separator_id: int
    separator_token: str
    separator_reason: str
    """Why that separator: a sentence for the plan and the report."""
    bos_id: int | None
    """The id to put before every document: set where the tokenizer itself puts one before plain text."""
    vocabulary: int
    """One more than the highest token id."""

    def __init__(self, folder: Path, separator: str = "auto") -> None:
        tokenizer = load_tokenizer(folder)
        self._tokenizer = fast_tokenizer(tokenizer, folder)
        # A literal "<|endoftext|>" in somebody's source is text, not the end of the document.
        self._tokenizer.encode_special_tokens = True
        self.separator_token, self.separator_id, self.separator_reason = choose_separator(
            tokenizer, separator, folder
        )
        self.bos_id = added_bos(tokenizer)
        self.vocabulary = 1 + max(self._tokenizer.get_vocab(with_added_tokens=True).values())
        self._special = special_token_ids(self._tokenizer)
        self._folder = folder

    def encode_batch(self, texts: list[str]) -> list[npt.NDArray[np.int32]]:
        """The token ids of each text, int32 of shape ``(tokens,)``, without BOS and separator."""
        encodings = self._tokenizer.encode_batch_fast(texts, add_special_tokens=False)
        return [np.asarray(encoding.ids, dtype=np.int32) for encoding in encodings]

    def special_token_id(self, token: str) -> int:
        """The id of one special token. Raises :class:`InputError` where the tokenizer has no special token of that name."""
        try:
            return self._special[token]
        except KeyError:
            raise InputError(
                f"a document holds the special token {token}, which this tokenizer does not have",
                where=str(self._folder),
                remedy="render the documents for this model, or without special tokens (`render.special_tokens`)",
            ) from None

    def decode(self, ids: Iterable[int]) -> str:
        """The text of token ids, special tokens shown. Ids that cut a character in two give ``\\ufffd`` there."""
        return self._tokenizer.decode([int(i) for i in ids], skip_special_tokens=False)

    @cached_property
    def digest(self) -> str:
        """Identifies how text becomes tokens: equal digests give equal documents."""
        return digest_of([self._tokenizer.to_str(), self.separator_id, self.bos_id])


def choose_separator(tokenizer: Any, separator: str, folder: Path) -> tuple[str, int, str]:
    """``(token, id, reason)`` of the token that ends every document. Raises :class:`RecipeError` where there is none."""
    fast = fast_tokenizer(tokenizer, folder)
    special = special_token_ids(fast)
    if separator == "auto":
        if END_OF_TEXT in special:
            return END_OF_TEXT, special[END_OF_TEXT], f"the tokenizer has {END_OF_TEXT} as a special token"
        eos = tokenizer.eos_token
        if eos is not None and (eos_id := fast.token_to_id(eos)) is not None:
            return eos, eos_id, f"the tokenizer has no {END_OF_TEXT}; this is its EOS"
        raise RecipeError(
            f"the tokenizer has neither {END_OF_TEXT} nor an EOS token, so documents cannot be told apart",
            where=str(folder),
            remedy="name one of its special tokens as `mix.separator`" + _listed(special),
        )
    if separator not in special:
        known = "is an ordinary token" if fast.token_to_id(separator) is not None else "is not a token"
        raise RecipeError(
            f"`mix.separator`: {separator!r} {known} of this tokenizer, not a special one",
            where=str(folder),
            remedy="leave it out (`auto`), or name one of the special tokens" + _listed(special),
        )
    return separator, special[separator], "the recipe names it"


def added_bos(tokenizer: Any) -> int | None:
    """The BOS id if the tokenizer puts it before plain text by itself, else ``None``."""
    bos = tokenizer.bos_token_id
    plain = tokenizer(_PROBE, add_special_tokens=False).input_ids
    full = tokenizer(_PROBE).input_ids
    return bos if bos is not None and full[:1] == [bos] and plain[:1] != [bos] else None


def _listed(tokens: Sequence[str] | dict[str, int]) -> str:
    names = list(tokens)
    if not names:
        return " (it has none: use another model)"
    return ": " + ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
