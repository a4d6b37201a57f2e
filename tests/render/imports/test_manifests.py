"""What manifests declare."""

from __future__ import annotations

import pytest

from cooldown_kit.render.imports.manifests import declared_by


@pytest.mark.parametrize(
    ("path", "content", "declared"),
    [
        ("go.mod", "module acme.dev/ledger/v2\n\ngo 1.22\n", ("go", "acme.dev/ledger/v2")),
        ("x/go.mod", '// c\nmodule "acme.dev/x"\n', ("go", "acme.dev/x")),
        ("Cargo.toml", '[package]\nname = "ledger-core"\n', ("cargo", "ledger_core")),
        ("Cargo.toml", '[package]\nname = "a"\n[lib]\nname = "b"\n', ("cargo", "b")),
        ("a/package.json", '{"name": "@acme/web"}', ("npm", "@acme/web")),
    ],
)
def test_names_are_read(path: str, content: str, declared: tuple[str, str]) -> None:
    assert declared_by(path, content) == declared


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("go.mod", "go 1.22\n"),
        ("Cargo.toml", "[workspace]\nmembers = []\n"),
        ("Cargo.toml", "package = 3"),
        ("Cargo.toml", "{{ template }}"),
        ("package.json", "[1]"),
        ("package.json", '{"name": 3}'),
        ("package.json", "{" * 100_000),
        ("package.json", '{"name": "' + "x" * (1 << 20) + '"}'),
        ("other.json", '{"name": "x"}'),
    ],
)
def test_a_manifest_that_says_nothing_usable_declares_nothing(path: str, content: str) -> None:
    assert declared_by(path, content) is None
