"""Go: an import is a package, a package is a folder."""

from __future__ import annotations

from cooldown_kit.render.imports.families import find_imports

SERVICE = {
    "money/cent.go": "package money\n",
    "money/round.go": "package money\n",
    "money/round_test.go": 'package money_test\nimport "acme.dev/ledger/money"\n',
    "cmd/main.go": 'package main\nimport (\n\t"fmt"\n\tm "acme.dev/ledger/money"\n\t"github.com/other/money"\n)\n',
}
MEANT = {
    "money/round_test.go": {"money/cent.go", "money/round.go"},
    "cmd/main.go": {"money/cent.go", "money/round.go"},
}


def test_every_form_of_import_is_read() -> None:
    source = 'package a\n\nimport "fmt"\nimport (\n\t. "x/y"\n\t_ `raw/z` // "no"\n\tn "x/w"\n)\n\nvar s = `\nimport "no"\n`\n'
    assert find_imports("Go", source).imports == ("fmt", "x/y", "raw/z", "x/w")


def test_the_module_path_is_read_from_go_mod(edges) -> None:
    assert (
        edges({"go.mod": "// the ledger\nmodule acme.dev/ledger // v1\n\ngo 1.22\n", **SERVICE}, name="x")
        == MEANT
    )


def test_without_go_mod_the_name_of_the_repository_says_where_it_starts(edges) -> None:
    assert edges(SERVICE, name="acme/ledger") == MEANT


def test_without_either_the_longest_end_that_is_a_folder_is_meant(edges) -> None:
    files = {
        "pkg/money/cent.go": "",
        "main.go": 'package main\nimport "acme.dev/mono/pkg/money"\nimport "net/money"\n',
    }
    assert edges(files, name="checkout") == {"main.go": {"pkg/money/cent.go"}}


def test_a_module_inside_another_is_its_own(edges) -> None:
    files = {
        "go.mod": "module acme.dev/ledger\n",
        "api/go.mod": "module acme.dev/ledger/api\n",
        "api/v1/types.go": "",
        "main.go": 'package main\nimport "acme.dev/ledger/api/v1"\n',
    }
    assert edges(files) == {"main.go": {"api/v1/types.go"}}


def test_the_standard_library_is_never_a_folder_of_the_repository(edges) -> None:
    files = {
        "go.mod": "module acme.dev/ledger\n",
        "net/http/x.go": "",
        "a.go": 'package a\nimport "net/http"\n',
    }
    assert edges(files) == {}


def test_vendored_packages_are_found_under_their_whole_path(edges) -> None:
    files = {
        "go.mod": "module acme.dev/ledger\n",
        "vendor/github.com/x/y/y.go": "",
        "y/y.go": "",
        "a.go": 'package a\nimport "github.com/x/y"\n',
    }
    assert edges(files) == {"a.go": {"vendor/github.com/x/y/y.go"}}
