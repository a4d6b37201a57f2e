"""Rust: ``use`` trees, ``mod name;`` and ``extern crate``, also inside functions, inline modules and ``cfg_…! { … }``.

Read as ``use a::b::c`` (one for each leaf of a tree; ``self`` and ``super`` as seen from the file, not from an inline module),
``mod a::b`` (``b`` declared inside the inline module ``a``) and ``path x/y.rs`` (a module with ``#[path]``).
``#[cfg(test)] mod tests;`` is no import: the code does not need its tests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cooldown_kit.render.imports.family import Family, Resolve
from cooldown_kit.render.imports.paths import RepositoryPaths, ancestors, below, folder_of, join
from cooldown_kit.render.imports.syntax import Grammar, NotParsed, Syntax, parse

if TYPE_CHECKING:
    from tree_sitter import Node

_QUERY = """
(use_declaration argument: (_) @use)
(mod_item) @mod
(extern_crate_declaration name: (identifier) @crate)
(source_file (macro_invocation (token_tree) @macro))
(source_file (expression_statement (macro_invocation (token_tree) @macro)))
"""
_GRAMMAR = Grammar("tree_sitter_rust")
_MACRO_DEPTH = 4
_ROOTS = ("lib.rs", "main.rs", "build.rs")
_PROGRAMS = ("tests", "examples", "benches")
"""Folders in which every file may be a crate of its own."""
_WORDS = (b"use ", b"mod ", b"extern crate")


def _read(syntax: Syntax, depth: int = 0) -> list[str]:
    captures = syntax.captures(_QUERY)
    modules = captures.get("mod", [])
    inline = [(m, syntax.text(n)) for m in modules if m.child_by_field_name("body") and (n := _name(m))]
    found = []
    for node in captures.get("use", ()):
        inside = [name for module, name in inline if _holds(module, node)]
        leaves = [_from_file(leaf, inside) for leaf in _leaves(syntax, node)]
        found += ["use " + "::".join(leaf) for leaf in leaves if leaf != ["self"]]
    for module in modules:
        if module.child_by_field_name("body") is None and (name := _name(module)):
            inside = [around for other, around in inline if _holds(other, module)]
            found += _declared(syntax, module, [*inside, _plain(syntax.text(name))])
    found += [f"use {_plain(syntax.text(node))}" for node in captures.get("crate", ())]
    if depth < _MACRO_DEPTH:
        for tree in captures.get("macro", ()):
            found += _read_macro(syntax.source[tree.start_byte + 1 : tree.end_byte - 1], depth)
    return found


def _read_macro(body: bytes, depth: int) -> list[str]:
    """Items stand in braces of macros such as ``cfg_if!``; the grammar sees only tokens there."""
    if not any(word in body for word in _WORDS):
        return []
    try:
        return _read(parse(body, _GRAMMAR), depth + 1)
    except NotParsed:
        return []


def _name(module: Node) -> Node | None:
    return module.child_by_field_name("name")


def _holds(outer: Node, inner: Node) -> bool:
    return outer.start_byte < inner.start_byte and inner.end_byte <= outer.end_byte


def _plain(name: str) -> str:
    return name.removeprefix("r#")


def _declared(syntax: Syntax, module: Node, names: list[str]) -> list[str]:
    """The import of ``mod name;``, as its attributes have it."""
    before = module.prev_named_sibling
    while before is not None and before.type in ("attribute_item", "line_comment", "block_comment"):
        attribute = syntax.text(before)
        closed = "".join(attribute.split())
        if closed.startswith("#[cfg(test)"):
            return []
        if closed.startswith("#[path="):
            quoted = attribute.split('"')
            return [f"path {quoted[1]}"] if len(quoted) > 2 else []
        before = before.prev_named_sibling
    return ["mod " + "::".join(names)]


def _leaves(syntax: Syntax, node: Node) -> list[list[str]]:
    """The paths that a tree of ``use`` names, each as its components; ``self`` at the end and ``*`` are left out."""
    leaves = []
    open_nodes: list[tuple[list[str], Node]] = [([], node)]
    while open_nodes:
        prefix, current = open_nodes.pop()
        if current.type == "use_list":
            open_nodes += [(prefix, child) for child in reversed(current.named_children)]
        elif current.type in ("scoped_use_list", "use_as_clause"):
            path = current.child_by_field_name("path")
            inner = [*prefix, *_components(syntax, path)] if path else prefix
            rest = current.child_by_field_name("list")
            if rest is not None:
                open_nodes.append((inner, rest))
            else:
                leaves.append(inner)
        elif current.type not in ("line_comment", "block_comment"):
            leaves.append([*prefix, *_components(syntax, current)])
    return [leaf for leaf in leaves if leaf]


def _components(syntax: Syntax, node: Node) -> list[str]:
    parts = [_plain(part.strip()) for part in syntax.text(node).split("::")]
    if len(parts) > 1 or parts == ["*"]:
        parts = [part for part in parts if part not in ("", "*")]
    return parts if parts != ["self"] or node.parent is None or node.parent.type != "use_list" else []


def _from_file(leaf: list[str], inside: list[str]) -> list[str]:
    """A path that starts with ``self`` or ``super`` in an inline module, as the file itself would write it."""
    if not inside or leaf[0] not in ("self", "super"):
        return leaf
    supers = 0
    while supers < len(leaf) and leaf[supers] == "super":
        supers += 1
    rest = leaf[supers:] if supers else leaf[1:]
    if supers <= len(inside):
        return ["self", *inside[: len(inside) - supers], *rest]
    return ["super"] * (supers - len(inside)) + rest


class _Resolver:
    def __init__(self, paths: RepositoryPaths) -> None:
        self._paths = paths

    def __call__(self, importer: str, imported: str) -> set[str]:
        kind, _, written = imported.partition(" ")
        if kind == "path":
            hit = join(folder_of(importer), written)
            return {hit} if hit and hit in self._paths else set()
        parts = written.split("::")
        if kind == "mod":
            hit = self._module_file(below(self._inside(importer), "/".join(parts)))
        else:
            hit = self._use(importer, parts)
        return {hit} if hit else set()

    def _use(self, importer: str, parts: list[str]) -> str | None:
        first, rest = parts[0], parts[1:]
        if first == "crate":
            folder, root = self._crate_of(importer)
            return (self._walk(folder, rest) or root) if folder is not None else None
        if first == "self":
            return self._walk(self._inside(importer), rest)
        if first == "super":
            return self._super(importer, parts)
        return self._walk(self._inside(importer), parts) or self._crate(importer, first, rest)

    def _super(self, importer: str, parts: list[str]) -> str | None:
        # Of a file in ``tests`` one cannot see whether it is a crate or a module; one that says ``super`` is a module.
        folder = importer.removesuffix(".rs") if self._is_program(importer) else self._inside(importer)
        while parts and parts[0] == "super":
            if not folder:
                return None
            folder, parts = folder_of(folder), parts[1:]
        return self._walk(folder, parts) or self._module_file(folder)

    def _crate(self, importer: str, name: str, rest: list[str]) -> str | None:
        """Another crate of the repository, or the library beside a program or a test, by its name."""
        folder = self._paths.declared["cargo"].get(name)
        if folder is None:
            roots = {
                hit
                for spelling in (name, name.replace("_", "-"))
                if (hit := self._paths.nearest(f"{spelling}/src/lib.rs", importer))
            }
            root = roots.pop() if len(roots) == 1 else None
        else:
            root = self._paths.first((below(folder, "src/lib.rs"), below(folder, "lib.rs")))
        return (self._walk(folder_of(root), rest) or root) if root else None

    def _walk(self, folder: str, parts: list[str]) -> str | None:
        """The deepest module on the path that has a file; what follows are its items."""
        deepest = None
        for part in parts:
            folder = below(folder, part)
            hit = self._paths.first((folder + ".rs", folder + "/mod.rs"))
            if hit is None:
                return deepest
            deepest = hit
        return deepest

    def _module_file(self, folder: str) -> str | None:
        """The file of the module whose submodules stand in ``folder``."""
        names = ("mod.rs", "lib.rs", "main.rs")
        return self._paths.first((folder + ".rs", *(below(folder, name) for name in names)))

    def _inside(self, path: str) -> str:
        """The folder where the submodules of a file stand."""
        folder, _, name = path.rpartition("/")
        if name in ("mod.rs", *_ROOTS) or self._is_program(path):
            return folder
        return path.removesuffix(".rs")

    def _is_program(self, path: str) -> bool:
        """A test, an example, a benchmark or one of several programs is a crate of its own, by where Cargo looks for them."""
        folder = folder_of(path)
        last = folder.rpartition("/")[2]
        if last in _PROGRAMS:
            return not self._paths.first((folder + "/mod.rs", folder + ".rs"))
        return last == "bin" and folder.endswith("src/bin")

    def _crate_of(self, path: str) -> tuple[str | None, str | None]:
        """The folder that ``crate`` means in a file, and the root file in it, if one is known.

        Below ``tests`` the root may be any file: ``tests/it.rs`` and its modules in ``tests/it/`` or ``tests/common/``.
        """
        if self._is_program(path) or path.rpartition("/")[2] in _ROOTS:
            return folder_of(path), path
        above = ancestors(path)
        for folder in above:
            if root := self._paths.first((below(folder, "lib.rs"), below(folder, "main.rs"))):
                return folder, root
        return next((folder for folder in above if folder.rpartition("/")[2] in _PROGRAMS), None), None


def _resolver(paths: RepositoryPaths) -> Resolve:
    return _Resolver(paths)


FAMILY = Family("rust", {"Rust": _GRAMMAR}, ("use", "mod", "extern"), _read, _resolver)
