"""JavaScript and TypeScript: ``import``, ``export … from``, ``require("…")``, ``import("…")``, ``import x = require("…")``.

Read as the specifier that the file writes. A specifier that is put together at run time is none.
"""

from __future__ import annotations

from cooldown_kit.render.imports.family import Family, Resolve
from cooldown_kit.render.imports.paths import RepositoryPaths, ancestors, below, folder_of, join
from cooldown_kit.render.imports.syntax import Grammar, Syntax

_QUERY = """
(import_statement source: (string (string_fragment) @from))
(export_statement source: (string (string_fragment) @from))
(call_expression function: (import) arguments: (arguments . (string . (string_fragment) @from .)))
(call_expression function: (import) arguments: (arguments . (template_string . (string_fragment) @from .)))
(call_expression function: (identifier) @function arguments: (arguments . (string . (string_fragment) @from .)))
"""
_TYPESCRIPT = _QUERY + "(import_require_clause source: (string (string_fragment) @from))"
_SCRIPTS = (".js", ".jsx", ".mjs", ".cjs")
_TYPED = (".ts", ".tsx", ".mts", ".cts", ".d.ts")
_OTHERS = (".json", ".vue", ".svelte")
_TYPED_FOR = {".js": (".ts", ".tsx", ".d.ts"), ".jsx": (".tsx",), ".mjs": (".mts",), ".cjs": (".cts",)}
"""TypeScript names the file that the compiler will write; the source stands beside it."""
_ALIASES = ("@/", "~/", "#/", "@@/", "~~/")


def _read(syntax: Syntax) -> list[str]:
    typed = syntax.grammar.module == "tree_sitter_typescript"
    found = []
    for match in syntax.matches(_TYPESCRIPT if typed else _QUERY):
        function = match.get("function")
        if function is None or syntax.text(function[0]) == "require":
            found.append(syntax.text(match["from"][0]))
    return found


class _Resolver:
    def __init__(self, paths: RepositoryPaths) -> None:
        self._paths = paths

    def __call__(self, importer: str, imported: str) -> set[str]:
        hit = self._resolve(importer, imported.partition("?")[0])
        return {hit} if hit else set()

    def _resolve(self, importer: str, wanted: str) -> str | None:
        if wanted in (".", "..") or wanted.startswith(("./", "../")):
            target = join(folder_of(importer), wanted)
            return None if target is None else self._file(target, importer)
        for alias in _ALIASES:
            if wanted.startswith(alias):
                return self._by_ending(wanted.removeprefix(alias), importer)
        return self._package(wanted, importer) or self._from_above(wanted, importer)

    def _file(self, target: str, importer: str) -> str | None:
        """The file itself, with an extension, or the index of the folder: as bundlers and compilers look."""
        return self._paths.first(_candidates(target, importer)) if target else self._index("", importer)

    def _index(self, folder: str, importer: str) -> str | None:
        return self._paths.first(_candidates(below(folder, "index"), importer))

    def _by_ending(self, target: str, importer: str) -> str | None:
        for candidate in _candidates(target, importer):
            if hit := self._paths.nearest(candidate, importer):
                return hit
        return None

    def _package(self, wanted: str, importer: str) -> str | None:
        """A package of the same repository, by the name in its ``package.json``; its sources are beside it or in ``src``."""
        parts = wanted.split("/")
        size = 2 if wanted.startswith("@") else 1
        folder = self._paths.declared["npm"].get("/".join(parts[:size]))
        if folder is None:
            return None
        rest = "/".join(parts[size:])
        for root in (below(folder, "src"), below(folder, "lib"), folder):
            hit = self._file(below(root, rest), importer) if rest else self._index(root, importer)
            if hit:
                return hit
        return None

    def _from_above(self, wanted: str, importer: str) -> str | None:
        """``components/button`` from a folder above (``baseUrl``). One word alone is a package from elsewhere."""
        if "/" not in wanted or wanted.startswith("@"):
            return None
        for folder in ancestors(importer):
            if hit := self._file(below(folder, wanted), importer):
                return hit
        return None


def _candidates(target: str, importer: str) -> list[str]:
    typed = importer.endswith(_TYPED)
    endings = (*_TYPED, *_SCRIPTS, *_OTHERS) if typed else (*_SCRIPTS, *_TYPED, *_OTHERS)
    found = [target]
    stem, dot, extension = target.rpartition(".")
    if typed:
        found += [stem + other for other in _TYPED_FOR.get(dot + extension, ())]
    return [*found, *(target + e for e in endings), *(f"{target}/index{e}" for e in endings)]


def _resolver(paths: RepositoryPaths) -> Resolve:
    return _Resolver(paths)


_GRAMMARS = {
    "JavaScript": Grammar("tree_sitter_javascript"),
    "TypeScript": Grammar("tree_sitter_typescript", "language_typescript"),
    "TSX": Grammar("tree_sitter_typescript", "language_tsx"),
}
FAMILY = Family("javascript", _GRAMMARS, ("import", "require", "export"), _read, _resolver)
