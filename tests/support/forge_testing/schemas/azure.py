"""Azure DevOps' REST API, from the clients that Microsoft generates for its web extensions.

`azure-devops-extension-api` holds each call's route, its query parameters and the API version in JavaScript, and their
types in declarations beside it. Search criteria are objects whose fields become dotted names
("searchCriteria.status").
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from forge_testing.packages import package_file
from forge_testing.schemas.conformity import check_conforms
from forge_testing.schemas.operations import Operation, Operations, Parameter, Query, Schema, pairs
from forge_testing.schemas.typescript import Type, TypeReader, declared

AREAS = ("Core", "Git", "Wiki", "WorkItemTracking")
DECLARED_AREAS = (*AREAS, "WebApi")
METHOD = re.compile(
    r"^    (\w+)\(([^)]*)\) \{\n        return __awaiter.*?^    \}$", re.MULTILINE | re.DOTALL
)
QUERY_VALUES = re.compile(r"const queryValues = \{(.*?)\};", re.DOTALL)
PAIR = re.compile(r"^\s*['\"]?([$\w.]+)['\"]?: (\w+),?$", re.MULTILINE)
VERSION = re.compile(r"\d+\.\d+(-preview(\.\d+)?)?")
# Every call takes it: https://learn.microsoft.com/en-us/rest/api/azure/devops/ ("api-version" in the examples of each).
API_VERSION = {"api-version": Parameter("api-version", required=True)}


class AzureSchema:
    """Requests to dev.azure.com ("/{organization}/{project}/_apis/…") or a server ("/{path}/{collection}/…")."""

    def check(self, method: str, path: str, query: Query = None, json_body: Any = None) -> None:
        """Raise AssertionError naming what is not documented. Bodies are not looked at: the connector sends none."""
        assert json_body is None, f"{azure().name}: {method} {path} is to have no body"
        azure().check(method, _own(method, path), query)
        version = dict(pairs(query))["api-version"]
        assert VERSION.fullmatch(version), f"{azure().name}: api-version={version} is no version"

    def check_response(self, method: str, path: str, status: int, json_body: Any) -> None:
        """Raise AssertionError unless a 200 has the fields and types that are declared; lists are in "value"."""
        what = f"{azure().name}: the answer {status} to {method} {path}"
        assert status == 200, f"{what} is not declared"
        kinds = [_wire(operation.answer) for operation in azure().find(method, _own(method, path))]
        check_conforms(json_body, kinds, _lookup, what)


@cache
def azure() -> Operations:
    """The operations of the areas that a connector of code and pull requests needs, read once."""
    areas = (operation for area in AREAS for operation in _Area(area).operations())
    return Operations("Azure DevOps", areas, ignore_case=True)


def _own(method: str, path: str) -> str:
    """The path as the routes have it, without organization: "/{project}/_apis/…" or "/_apis/…"."""
    before, found, after = path.partition("/_apis/")
    owners = [part for part in before.split("/") if part]
    assert found and owners, f"{azure().name}: {path} has no organization before /_apis/"
    # A server's collection stands where a project would: /tfs/DefaultCollection/_apis/projects.
    in_project = f"/{owners[-1]}/_apis/{after}"
    is_in_project = len(owners) > 1 and azure().documents(method, in_project)
    return in_project if is_in_project else f"/_apis/{after}"


def _wire(kind: Schema) -> Type:
    """A type as it is sent: a list comes in an object that counts it."""
    if kind.get("type") != "array":
        return dict(kind)
    return {"type": "object", "properties": {"count": {"type": "number"}, "value": kind}}


@cache
def _declarations(area: str) -> str:
    return package_file("azure-devops-extension-api", f"{area}/{area}.d.ts").read_text(encoding="utf-8")


@cache
def _lookup(name: str) -> Type:
    """A declared interface or enum; {} for what other areas declare, and for GUIDs and the like."""
    area, _, own = name.rpartition(".")
    if area not in ("", *DECLARED_AREAS):
        return {}
    text = _declarations(area or "Git")
    try:
        kind: Type = _with_area(declared(text, own), area or "Git")
    except KeyError:
        return _enum(text, own)
    return kind


def _with_area(node: Any, area: str) -> Any:
    """The type with its area before each name that has none, since names are looked up from elsewhere."""
    if isinstance(node, list):
        return [_with_area(each, area) for each in node]
    if not isinstance(node, dict):
        return node
    return {
        key: f"{area}.{value}" if key == "$ref" and "." not in value else _with_area(value, area)
        for key, value in node.items()
    }


def _enum(text: str, name: str) -> Type:
    """The names of an enum as they go over the wire (camelCase) or as they are declared, and their numbers."""
    match = re.search(rf"^export declare enum {name} \{{(.*?)^\}}", text, re.MULTILINE | re.DOTALL)
    if match is None:
        return {}
    members = re.findall(r"^    (\w+) = (-?\d+)", match[1], re.MULTILINE)
    spelled = [(each[0].lower() + each[1:], each, number) for each, number in members]
    return {"enum": [spelling for spellings in spelled for spelling in spellings]}


class _Area:
    """One area's client: `Git/GitClient.js` with its declarations in `Git/GitClient.d.ts`."""

    def __init__(self, area: str) -> None:
        files = (f"{area}/{area}Client.js", f"{area}/{area}Client.d.ts")
        texts = (
            package_file("azure-devops-extension-api", file).read_text(encoding="utf-8") for file in files
        )
        self._code, self._signatures = texts

    def operations(self) -> Iterator[Operation]:
        """Each call, with and without its project where it may be left out."""
        for match in METHOD.finditer(self._code):
            name, body = match[1], match[0]
            template = re.search(r'routeTemplate: "([^"]+)"', body)
            if template is None:
                continue
            types, answer = self._signature(name)
            verb = re.search(r'method: "(\w+)"', body)
            values = re.search(r"routeValues: \{(.*?)\}", body, re.DOTALL)
            given = dict(PAIR.findall(values[1])) if values else {}
            query = dict(API_VERSION)
            sent = QUERY_VALUES.search(body)
            for wire, variable in PAIR.findall(sent[1]) if sent else ():
                query |= {each.name: each for each in _expand(wire, types.get(variable, {}))}
            for route in _routes(template[1], given, types):
                yield Operation(verb[1] if verb else "GET", route, query, answer=answer)

    def _signature(self, name: str) -> tuple[dict[str, Type], Type]:
        """Types of a method's parameters, and of what it promises."""
        match = re.search(rf"^    {re.escape(name)}(?=\()", self._signatures, re.MULTILINE)
        if match is None:
            return {}, {}
        reader = TypeReader(self._signatures, match.end())
        return reader.parameters(), reader.answer()


def _expand(wire: str, kind: Type) -> Iterator[Parameter]:
    """A query parameter, or one for each field where its type is an interface."""
    schema = _lookup(kind["$ref"]) if "$ref" in kind else {k: v for k, v in kind.items() if k != "optional"}
    if "properties" not in schema:
        yield Parameter(wire, schema)
    for field, inner in schema.get("properties", {}).items():
        yield from _expand(f"{wire}.{field}", inner)


def _routes(template: str, given: dict[str, str], types: dict[str, Type]) -> Iterator[str]:
    """The route without the placeholders for which no value is passed, and without those that may be left out."""
    parts = template.split("/")
    known = [p for p in parts if not p.startswith("{") or p.strip("{}*") in given]
    yield "/" + "/".join(part.replace("*", "") for part in known)
    needed = [p for p in known if not types.get(given.get(p.strip("{}*"), ""), {}).get("optional")]
    if needed != known:
        yield "/" + "/".join(part.replace("*", "") for part in needed)
