"""Small repositories: path → content, and what their files import from each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from cooldown_kit.render.imports.families import Resolver, find_imports
from cooldown_kit.render.imports.manifests import declared_by
from cooldown_kit.render.imports.paths import RepositoryPaths
from cooldown_kit.render.languages import language_of

Edges = Callable[..., dict[str, set[str]]]


def edges_of(files: Mapping[str, str], *, name: str = "acme/ledger") -> dict[str, set[str]]:
    """Path → paths that it imports, without files that import nothing of the repository."""
    declared = {path: found for path, text in files.items() if (found := declared_by(path, text))}
    resolver = Resolver(RepositoryPaths(files, name=name, declared=declared))
    edges = {}
    for path, text in files.items():
        found = find_imports(language_of(path), text)
        edges[path] = resolver.imported_by(path, language_of(path), found.imports)
    return {path: targets for path, targets in edges.items() if targets}


@pytest.fixture
def edges() -> Edges:
    return edges_of
