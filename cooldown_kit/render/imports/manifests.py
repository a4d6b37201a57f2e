"""The names that a repository gives to its own packages: ``go.mod``, ``Cargo.toml`` and ``package.json``.

Imports between the packages of one repository use these names and say nothing of folders.
"""

from __future__ import annotations

import json
import re
import tomllib
from typing import Literal, NamedTuple

Kind = Literal["go", "cargo", "npm"]

_GO_MODULE = re.compile(r'^\s*module\s+"?([^\s"]+)"?', re.MULTILINE)
MAX_CHARACTERS = 1 << 20


class Declared(NamedTuple):
    """A package's name, as the code of other packages writes it. It stands in the folder of the manifest."""

    kind: Kind
    name: str


def declared_by(path: str, content: str) -> Declared | None:
    """What a manifest declares; ``None`` for other files, and for manifests without a name or that cannot be read."""
    file = path.rpartition("/")[2]
    if file not in ("go.mod", "Cargo.toml", "package.json") or len(content) > MAX_CHARACTERS:
        return None
    try:
        if file == "go.mod":
            match = _GO_MODULE.search(content)
            return Declared("go", match[1]) if match else None
        if file == "Cargo.toml":
            cargo = tomllib.loads(content)
            name = cargo.get("lib", {}).get("name") or cargo.get("package", {}).get("name")
            return Declared("cargo", name.replace("-", "_")) if isinstance(name, str) else None
        name = json.loads(content).get("name")
    except (ValueError, AttributeError, RecursionError):  # a template, a test's broken example, another shape
        return None
    return Declared("npm", name) if isinstance(name, str) and name else None
