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
from forge_testing.schemas.operations import Operation, Operations, Parameter, Query, pairs
from forge_testing.schemas.typescript import Type, TypeReader, declared

AREAS = ("Core", "Git", "Wiki", "WorkItemTracking")
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
        before, found, after = path.partition("/_apis/")
        owners = [part for part in before.split("/") if part]
        assert found and owners, f"{azure().name}: {path} has no organization before /_apis/"
        # A server's collection stands where a project would: /tfs/DefaultCollection/_apis/projects.
        own = f"/{owners[-1]}/_apis/{after}"
        if len(owners) == 1 or not azure().documents(method, own):
            own = f"/_apis/{after}"
        azure().check(method, own, query)
        version = dict(pairs(query))["api-version"]
        assert VERSION.fullmatch(version), f"{azure().name}: api-version={version} is no version"


@cache
def azure() -> Operations:
    """The operations of the areas that a connector of code and pull requests needs, read once."""
    areas = (operation for area in AREAS for operation in _Area(area).operations())
    return Operations("Azure DevOps", areas, ignore_case=True)


class _Area:
    """One area's client: `Git/GitClient.js` with its declarations in `Git/GitClient.d.ts` and `Git/Git.d.ts`."""

    def __init__(self, area: str) -> None:
        files = (f"{area}/{area}Client.js", f"{area}/{area}Client.d.ts", f"{area}/{area}.d.ts")
        texts = (
            package_file("azure-devops-extension-api", file).read_text(encoding="utf-8") for file in files
        )
        self._code, self._signatures, self._types = texts

    def operations(self) -> Iterator[Operation]:
        """Each call, with and without its project where it may be left out."""
        for match in METHOD.finditer(self._code):
            name, body = match[1], match[0]
            template = re.search(r'routeTemplate: "([^"]+)"', body)
            if template is None:
                continue
            types = self._parameters(name)
            verb = re.search(r'method: "(\w+)"', body)
            values = re.search(r"routeValues: \{(.*?)\}", body, re.DOTALL)
            given = dict(PAIR.findall(values[1])) if values else {}
            query = dict(API_VERSION)
            sent = QUERY_VALUES.search(body)
            for wire, variable in PAIR.findall(sent[1]) if sent else ():
                query |= {each.name: each for each in self._expand(wire, types.get(variable, {}))}
            for route in _routes(template[1], given, types):
                yield Operation(verb[1] if verb else "GET", route, query)

    def _parameters(self, name: str) -> dict[str, Type]:
        match = re.search(rf"^    {re.escape(name)}(?=\()", self._signatures, re.MULTILINE)
        return TypeReader(self._signatures, match.end()).parameters() if match else {}

    def _expand(self, wire: str, kind: Type) -> Iterator[Parameter]:
        """A query parameter, or one for each field where its type is an interface."""
        name = kind.get("$ref", "").rpartition(".")[2]
        if not name:
            yield Parameter(wire, {key: value for key, value in kind.items() if key != "optional"})
        elif re.search(rf"^export interface {name} ", self._types, re.MULTILINE):
            for field, schema in declared(self._types, name)["properties"].items():
                yield from self._expand(f"{wire}.{field}", schema)
        else:
            yield Parameter(wire, self._enum(name))

    def _enum(self, name: str) -> Type:
        """The names of an enum as they go over the wire (camelCase) or as they are declared, and their numbers."""
        match = re.search(rf"^export declare enum {name} \{{(.*?)^\}}", self._types, re.MULTILINE | re.DOTALL)
        if match is None:
            return {}
        members = re.findall(r"^    (\w+) = (-?\d+)", match[1], re.MULTILINE)
        spelled = [(each[0].lower() + each[1:], each, number) for each, number in members]
        return {"enum": [spelling for spellings in spelled for spelling in spellings]}


def _routes(template: str, given: dict[str, str], types: dict[str, Type]) -> Iterator[str]:
    """The route without the placeholders for which no value is passed, and without those that may be left out."""
    parts = template.split("/")
    known = [p for p in parts if not p.startswith("{") or p.strip("{}*") in given]
    yield "/" + "/".join(part.replace("*", "") for part in known)
    needed = [p for p in known if not types.get(given.get(p.strip("{}*"), ""), {}).get("optional")]
    if needed != known:
        yield "/" + "/".join(part.replace("*", "") for part in needed)
