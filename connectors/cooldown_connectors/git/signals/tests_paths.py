"""Whether a file is a test, prose or a part of the program, by its path alone."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

_REMEMBERED: Final = 1 << 14
"""Paths whose answer is kept: most commits change files that another one near by changed."""

_FOLDERS: Final = re.compile(
    r"tests?|testing|__tests?__|tests?[._-].*|.*[._-]tests?|unittests?|inttests?|testsuites?|testdata|testcases?"
    r"|__snapshots__|e2e|cypress|androidtest|testfixtures|.*\.specs?|regress",
    re.IGNORECASE,
)
_CAMEL_FOLDER: Final = re.compile(r".*[a-z0-9](?:Tests?|UITests?|Specs?)")
_FILES: Final = re.compile(
    r"tests?|tests?[._-].*|.*[._-]tests?(?:\.[^.]*)?|.*[._-](?:spec|e2e|cy)\.[^.]+|.*_(?:spec|unittest)\.[^.]+|tests?\.[^.]+"
    r"|conftest\.py|spec_helper\.rb|.*\.bats|.*\.snap",
    re.IGNORECASE,
)
_CAMEL_FILE: Final = re.compile(
    r"(?:.*[a-z0-9_](?:Tests?|TestCase|Spec|IT)|Tests?[A-Z0-9].*|I?T[A-Z][a-z].*IT)\.(?:java|kt|kts|scala|groovy|cs|fs|vb|swift|php|cpp|cc|m|mm|hs|dart|ts|js)"
)
_CI: Final = frozenset((".github", ".gitlab", ".circleci", ".azure-pipelines", ".buildkite"))
"""Folders that say when tests run; ``run-tests.yml`` there is none."""
_PERL: Final = re.compile(r"(?:^|.*/)x?t/(?:.*/)?[^/]*\.t")
_RUBY_SPECS: Final = re.compile(r"(?:^|.*/)specs?/.*\.(?:rb|js|ts|coffee|cr)")


@lru_cache(maxsize=_REMEMBERED)
def is_test(path: str) -> bool:
    """Whether the path follows one of the ways in which projects set tests apart: a folder (``tests/``, ``__tests__/``,
    ``src/test/``, ``Foo.Tests/``), or the file's name (``test_x.py``, ``x_test.go``, ``x.spec.ts``, ``XTest.java``).

    >>> is_test("src/test/java/Ledger.java"), is_test("pkg/ledger_test.go"), is_test("contest/latest.py")
    (True, True, False)
    """
    *folders, name = path.split("/")
    if any(folder in _CI for folder in folders):
        return False
    if any(_FOLDERS.fullmatch(folder) or _CAMEL_FOLDER.fullmatch(folder) for folder in folders):
        return True
    return bool(
        _FILES.fullmatch(name)
        or _CAMEL_FILE.fullmatch(name)
        or _PERL.fullmatch(path)
        or _RUBY_SPECS.fullmatch(path)
    )


_PROSE: Final = re.compile(
    r"(?!requirements|cmakelists).*\.(?:md|markdown|mdx|rst|txt|adoc|asciidoc|textile|org|pod|tex|po|pot)|(?:readme|changelog|changes|history|news|authors|license|copying)[^./]*",
    re.IGNORECASE,
)


_DOCUMENTATION: Final = re.compile(r"(?:.*/)?(?:docs?|documentation)/.*", re.IGNORECASE | re.DOTALL)


@lru_cache(maxsize=_REMEMBERED)
def is_program(path: str) -> bool:
    """Whether the file can change what the program does: neither a test nor text for people (documentation, a change log, a
    list of authors, a translation).

    >>> is_program("ledger/parse.py"), is_program("docs/conf.py"), is_program("CHANGELOG.md")
    (True, False, False)
    """
    if is_test(path) or _DOCUMENTATION.fullmatch(path):
        return False
    return _PROSE.fullmatch(path.rpartition("/")[2]) is None
