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
        return self._bracketed(importer, wanted)

    def _bracketed(self, importer: str, wanted: str) -> str | None:
        """The nearest path that ends so, in a folder for includes before elsewhere; never a header of the system."""
        ending = join("", wanted.lstrip("./"))
        if not ending or _is_of_system(ending):
            return None
        for folder in _INCLUDE_FOLDERS:
            if hit := self._paths.nearest(f"{folder}/{ending}", importer):
                return hit
        return self._paths.nearest(ending, importer)


def _is_of_system(header: str) -> bool:
    first, slash, _ = header.partition("/")
    return first in _SYSTEM_FOLDERS if slash else header.removesuffix(".h") in _SYSTEM_HEADERS


def _resolver(paths: RepositoryPaths) -> Resolve:
    return _Resolver(paths)


_CPP = Grammar("tree_sitter_cpp")
"""For C too: it reads C as well, and headers called ``.h`` that are C++ three times as fast as the grammar of C does."""
FAMILY = Family("c", {"C": _CPP, "C++": _CPP, "Cuda": _CPP}, ("include",), _read, _resolver)
