"""C, C++ and CUDA: ``#include "…"`` and ``#include <…>``, read as written with their quotes or brackets."""

from __future__ import annotations

from cooldown_kit.render.imports.family import Family, Resolve
from cooldown_kit.render.imports.paths import RepositoryPaths, folder_of, join
from cooldown_kit.render.imports.syntax import Grammar, Syntax

_QUERY = "(preproc_include path: [(string_literal) (system_lib_string)] @path)"
_INCLUDE_FOLDERS = ("include", "inc", "includes")
_SYSTEM_FOLDERS = ("sys", "linux", "asm", "net", "netinet", "arpa", "bits", "machine")
_SYSTEM_HEADERS = frozenset(
    """
    assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp signal stdalign stdarg stdatomic stdbool
    stddef stdint stdio stdlib stdnoreturn string strings tgmath threads time uchar wchar wctype aio dirent dlfcn endian fcntl
    fnmatch ftw getopt glob grp iconv langinfo libgen malloc memory netdb nl_types poll pthread pwd regex sched search
    semaphore spawn syslog termios ucontext ulimit unistd utime wordexp windows winsock2 io direct process
    """.split()  # noqa: SIM905 (a table of words is easier to read and to check)
)
"""Headers of C, POSIX and Windows without ``.h``: a file of that name in a repository is a stand-in for some platform."""


def _read(syntax: Syntax) -> list[str]:
    return [syntax.text(path) for path in syntax.captures(_QUERY).get("path", ())]


class _Resolver:
    def __init__(self, paths: RepositoryPaths) -> None:
        self._paths = paths

    def __call__(self, importer: str, imported: str) -> set[str]:
        wanted = imported[1:-1].strip().replace("\\", "/")
        hit = self._quoted(importer, wanted) if imported[:1] == '"' else self._bracketed(importer, wanted)
        return {hit} if hit else set()

    def _quoted(self, importer: str, wanted: str) -> str | None:
        beside = join(folder_of(importer), wanted)
        if beside is not None and beside in self._paths:
            return beside
        return self._bracketed(importer, wanted) or self._by_ending(importer, wanted)

    def _bracketed(self, importer: str, wanted: str) -> str | None:
        """``<lib/x.h>`` wherever one path ends so; ``<x.h>`` only from a folder for includes, and never a system's header."""
        for folder in _INCLUDE_FOLDERS:
            if hit := self._by_ending(importer, f"{folder}/{wanted}"):
                return hit
        first, slash, _ = wanted.partition("/")
        if not slash or first in _SYSTEM_FOLDERS:
            return None
        return self._by_ending(importer, wanted)

    def _by_ending(self, importer: str, wanted: str) -> str | None:
        ending = join("", wanted.lstrip("./"))
        if not ending or ending.rpartition("/")[2].removesuffix(".h") in _SYSTEM_HEADERS:
            return None
        return self._paths.nearest(ending, importer)


def _resolver(paths: RepositoryPaths) -> Resolve:
    return _Resolver(paths)


_CPP = Grammar("tree_sitter_cpp")
FAMILY = Family(
    "c", {"C": Grammar("tree_sitter_c"), "C++": _CPP, "Cuda": _CPP}, (b"include",), _read, _resolver
)
