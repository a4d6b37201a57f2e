"""Identity of large model files, read in well under a second whatever their size.

Training, merging or quantising changes nearly every element of every tensor it touches. So three blocks of each tensor, with
the whole header and the size, tell any two models apart that came about in one of these ways; hashing 140 GB would not tell more.
A file in which somebody overwrote a few bytes by hand between the blocks would be taken for the old one.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from cooldown_kit.model.facts import read_header, weight_files
from cooldown_kit.workspace import MANIFEST, digest_of, digest_of_file

_BLOCK = 4096
_SPREAD_BLOCKS = 2048
_SMALL = 64 << 20
"""Files up to this size are hashed whole."""
_TEXT_SUFFIXES = {".json", ".txt", ".model", ".jinja", ".py"}
_NOT_THE_MODEL = {MANIFEST, "trainer_state.json"}


def digest_of_model(folder: Path) -> str:
    """Identifies a model folder's weights, configuration and tokenizer; other files in it do not count.

    Small files count by content, safetensors files by size, header and three blocks of every tensor.
    """
    small = [
        path
        for path in sorted(folder.iterdir())
        if path.suffix in _TEXT_SUFFIXES and path.name not in _NOT_THE_MODEL and path.is_file()
    ]
    files = {path.name: digest_of_file(path) for path in small}
    return digest_of([files, {path.name: digest_of_weights(path) for path in weight_files(folder)}])


def digest_of_weights(path: Path) -> str:
    """Identifies a safetensors file. Raises :class:`InputError` where it is cut short or not one."""
    tensors = sorted(read_header(path).values(), key=lambda tensor: tensor.start)
    data = tensors[0].start if tensors else 0
    starts = [0] if not tensors else list(range(0, data, _BLOCK))
    for tensor in tensors:
        last = max(tensor.start, tensor.end - _BLOCK)
        starts += [tensor.start, (tensor.start + last) // 2, last]
    return _digest_of_blocks(path, starts)


def digest_of_large_file(path: Path) -> str:
    """Identifies any file: whole up to 64 MiB, else by its size and 2048 blocks spread over it."""
    size = path.stat().st_size
    if size <= _SMALL:
        return digest_of_file(path)
    last = size - _BLOCK
    return _digest_of_blocks(path, [last * i // (_SPREAD_BLOCKS - 1) for i in range(_SPREAD_BLOCKS)])


def _digest_of_blocks(path: Path, starts: list[int]) -> str:
    hasher = hashlib.blake2b(str(path.stat().st_size).encode(), digest_size=16)
    with path.open("rb") as file:
        for start in starts:
            file.seek(start)
            hasher.update(file.read(_BLOCK))
    return hasher.hexdigest()


def tokenizer_digest(folder: Path) -> str:
    """Identity of a folder's tokenizer by the contents of its files, without loading it."""
    files = [path for path in sorted(folder.iterdir()) if path.is_file() and _is_tokenizer(path.name)]
    return digest_of({path.name: digest_of_file(path) for path in files})


def _is_tokenizer(name: str) -> bool:
    return (
        "token" in name
        or name.endswith((".model", ".jinja"))
        or name in ("vocab.json", "vocab.txt", "merges.txt")
    )
