"""Reads the types of a generated `.d.ts` file into JSON Schema.

Enough of TypeScript for what API generators write: object types, unions of literals, arrays, tuples, records,
references and indexed access. It reads declarations, never code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

TOKEN = re.compile(
    r"""(?P<skip>\s+|//[^\n]*|/\*.*?\*/)
      |(?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
      |(?P<number>-?\d+(?:\.\d+)?)
      |(?P<name>[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*)
      |(?P<sign>=>|[{}()\[\]<>|&;:,?=])""",
    re.VERBOSE | re.DOTALL,
)
Type = dict[str, Any]
PLAIN: dict[str, Type] = {
    "string": {"type": "string"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "Date": {"type": "string", "format": "date-time"},
    "null": {"enum": [None]},
    "never": {"not": {}},
}


class TypeReader:
    """Reads one type after another from `text`, beginning at `position`.

    An object becomes {"type": "object", "properties", "required"}; a reference to another type {"$ref": name}, and
    `components["schemas"]["X"]` {"$ref": "components/schemas/X"}; what has no counterpart becomes {}.
    """

    def __init__(self, text: str, position: int = 0) -> None:
        self._tokens = self._scan(text, position)
        self._next = next(self._tokens, ("end", ""))

    def read(self) -> Type:
        """The type that begins here."""
        self._accept("|")
        members = [self._both()]
        while self._accept("|"):
            members.append(self._both())
        return _union(members)

    def answer(self) -> Type:
        """What a method gives, after its parameters: of `: Promise<X>` it is X."""
        self._expect(":")
        return self.read()

    def declaration(self) -> Type:
        """An interface from what follows its name: its own properties, and those of what it extends as `allOf`."""
        bases: list[Type] = []
        if self._next == ("name", "extends"):
            self._take()
            while self._next[1] != "{":
                bases.append(self._named(self._take()[1]))
                self._accept(",")
        self._expect("{")
        own = self._object()
        return {"allOf": [*bases, own]} if bases else own

    def _both(self) -> Type:
        members = [self._postfix()]
        while self._accept("&"):
            members.append(self._postfix())
        return members[0] if len(members) == 1 else {"allOf": members}

    def parameters(self) -> dict[str, Type]:
        """The parameters of a method, from its opening bracket: name to type, {"optional": True} added where it is."""
        found: dict[str, Type] = {}
        self._expect("(")
        while not self._accept(")"):
            name = self._take()[1]
            optional = self._accept("?")
            self._expect(":")
            found[name] = {**self.read(), **({"optional": True} if optional else {})}
            self._accept(",")
        return found

    def _postfix(self) -> Type:
        while self._next == ("name", "readonly"):
            self._take()
        kind, text = self._take()
        if kind == "string":
            found: Type = {"enum": [_unquoted(text)]}
        elif kind == "number":
            found = {"enum": [int(text) if "." not in text else float(text)]}
        elif text == "{":
            found = self._object()
        elif text == "(":
            found = self.read()
            self._expect(")")
        elif text == "[":
            found = self._tuple()
        else:
            found = self._named(text)
        return self._indexed(found)

    def _indexed(self, found: Type) -> Type:
        while self._accept("["):
            if self._accept("]"):
                found = {"type": "array", "items": found}
            else:
                key = self.read()["enum"][0]
                self._expect("]")
                found = {"$ref": f"{found.get('$ref', '')}/{key}"}
        return found

    def _named(self, name: str) -> Type:
        arguments = []
        if self._accept("<"):
            while not self._accept(">"):
                arguments.append(self.read())
                self._accept(",")
        if name in ("Array", "ReadonlyArray", "WebApi.PagedList"):
            return {"type": "array", "items": arguments[0]}
        if name in ("Readonly", "Partial", "Promise"):
            return arguments[0]
        if name == "Record":
            return {"type": "object"}
        if name in ("unknown", "any", "undefined", "Blob", "File"):
            return {}
        if name in ("true", "false"):
            return {"enum": [name == "true"]}
        return dict(PLAIN[name]) if name in PLAIN else {"$ref": name}

    def _object(self) -> Type:
        properties: dict[str, Type] = {}
        required = []
        more = {}
        while not self._accept("}"):
            while self._next == ("name", "readonly"):
                self._take()
            if self._accept("["):  # an index signature: [key: string]: T
                while not self._accept("]"):
                    self._take()
                self._expect(":")
                self.read()
                more = {"additionalProperties": True}
            else:
                key = _unquoted(self._take()[1])
                optional = self._accept("?")
                self._expect(":")
                properties[key] = self.read()
                if not optional:
                    required.append(key)
            _ = self._accept(";") or self._accept(",")
        return {"type": "object", "properties": properties, "required": required, **more}

    def _tuple(self) -> Type:
        while not self._accept("]"):
            self.read()
            self._accept(",")
        return {"type": "array", "items": {}}

    def _take(self) -> tuple[str, str]:
        taken, self._next = self._next, next(self._tokens, ("end", ""))
        return taken

    def _accept(self, sign: str) -> bool:
        if self._next == ("sign", sign):
            self._take()
            return True
        return False

    def _expect(self, sign: str) -> None:
        assert self._accept(sign), f"expected {sign!r} and found {self._next[1]!r}"

    @staticmethod
    def _scan(text: str, position: int) -> Iterator[tuple[str, str]]:
        while position < len(text):
            match = TOKEN.match(text, position)
            assert match is not None, f"unread: {text[position : position + 40]!r}"
            position = match.end()
            if match.lastgroup != "skip":
                yield str(match.lastgroup), match[0]


def _union(members: list[Type]) -> Type:
    known = [member for member in members if member != {"enum": [None]}]
    if len(known) == 1:
        return known[0]
    if all(set(member) == {"enum"} for member in known):
        return {"enum": [value for member in known for value in member["enum"]]}
    return {"anyOf": known}


def _unquoted(text: str) -> str:
    return text[1:-1] if text[0] in "\"'" else text


def declared(text: str, name: str) -> Type:
    """The type that `interface NAME {…}` or `type NAME = …` declares at the start of a line; KeyError if none does."""
    match = re.search(rf"^(?:export )?(?:declare )?(interface {name}|type {name} =)(?= )", text, re.MULTILINE)
    if match is None:
        raise KeyError(f"no type {name} is declared")
    reader = TypeReader(text, match.end())
    return reader.declaration() if match[1].startswith("interface") else reader.read()
