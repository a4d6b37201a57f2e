"""An OpenAPI 3.0 document, as operations to hold requests to and as schemas to hold answers to."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from openapi_schema_validator import OAS30ReadValidator, OAS30WriteValidator
from referencing import Registry
from referencing.jsonschema import DRAFT4

from forge_testing.schemas.operations import Operation, Operations, Parameter, Query

METHODS = ("get", "put", "post", "delete", "patch", "head", "options")
# Bounds that GitHub and others write into the description's prose only: "(max 100)".
MAXIMUM = re.compile(r"\(max(?:imum)?:? (\d+)\)")


class OpenApi:
    """One document. `prefix` goes before each of its paths ("/api/v1").

    `null_for` names the properties of answers that are null in practice, though the document has another type only; "*"
    stands for all of them.
    """

    def __init__(self, name: str, path: Path, prefix: str = "", null_for: Collection[str] = ()) -> None:
        self.document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        self.name = name
        self._prefix = prefix
        self._null_for = frozenset(null_for)
        self.operations = Operations(name, self._operations())
        resource = DRAFT4.create_resource(self.document)
        self._registry: Registry[Any] = Registry().with_resource("urn:api", resource)

    def check(self, method: str, path: str, query: Query = None, json_body: Any = None) -> Operation:
        """Hold a request to the document; raises AssertionError naming what is not documented."""
        operation = self.operations.check(method, path, query)
        found = self.resolve(self.node(operation.pointer).get("requestBody", {}))
        schema = found.get("content", {}).get("application/json", {}).get("schema")
        if json_body is not None:
            assert schema is not None, f"{self.name}: {method} {path} documents no JSON body"
            pointer = f"{operation.pointer}/requestBody/content/application~1json/schema"
            self._validate(OAS30WriteValidator, pointer, json_body, f"body of {method} {path}")
        else:
            assert not found.get("required"), f"{self.name}: {method} {path} documents a body as required"
        return operation

    def check_response(self, method: str, path: str, status: int, json_body: Any) -> None:
        """Hold an answer to the documented one for this request and status; raises AssertionError."""
        [operation, *_] = self.operations.find(method, path)
        responses = self.node(operation.pointer)["responses"]
        what = f"{self.name}: the answer {status} to {method} {path}"
        assert str(status) in responses, f"{what} is not documented (known: {', '.join(responses)})"
        pointer = f"{operation.pointer}/responses/{status}"
        if "$ref" in responses[str(status)]:
            pointer = responses[str(status)]["$ref"].removeprefix("#")
        content = self.node(pointer).get("content", {})
        media = "application/json" if "application/json" in content else next(iter(content), None)
        if media is None:
            assert json_body is None, f"{what} has no body"
            return
        escaped = media.replace("~", "~0").replace("/", "~1")
        self._validate(OAS30ReadValidator, f"{pointer}/content/{escaped}/schema", json_body, what)

    def _validate(self, validator: Any, pointer: str, instance: Any, what: str) -> None:
        check = validator({"$ref": f"urn:api#{pointer}"}, registry=self._registry)
        found = (error for error in check.iter_errors(instance) if not self._is_null_in_practice(error))
        errors = sorted(found, key=lambda error: list(map(str, error.absolute_path)))
        told = [
            f"at /{'/'.join(map(str, error.absolute_path))}: {error.message[:300]}" for error in errors[:5]
        ]
        assert not errors, f"{what} is not as documented: " + "; ".join(told)

    def _is_null_in_practice(self, error: Any) -> bool:
        """Null where `nullable` stands beside an `enum` without it (a slip that GitHub makes), or for `null_for`."""
        if error.instance is not None:
            return False
        named = error.absolute_path and error.absolute_path[-1] in self._null_for
        return "*" in self._null_for or bool(named) or error.schema.get("nullable", False)

    def resolve(self, node: Any) -> Any:
        """A node, or what its `$ref` points to."""
        while isinstance(node, Mapping) and "$ref" in node:
            node = self.node(node["$ref"].removeprefix("#"))
        return node

    def node(self, pointer: str) -> Any:
        """What a JSON Pointer leads to."""
        node: Any = self.document
        for step in pointer.split("/")[1:]:
            node = node[step.replace("~1", "/").replace("~0", "~").replace("%7B", "{").replace("%7D", "}")]
        return node

    def _operations(self) -> Iterator[Operation]:
        for path, item in self.document["paths"].items():
            for method in METHODS:
                if method in item:
                    pointer = f"/paths/{path.replace('~', '~0').replace('/', '~1')}/{method}"
                    yield self._operation(method.upper(), path, item, item[method], pointer)

    def _operation(self, method: str, path: str, item: Any, own: Any, pointer: str) -> Operation:
        query: dict[str, Parameter] = {}
        in_path: dict[str, Any] = {}
        for node in (*item.get("parameters", ()), *own.get("parameters", ())):
            parameter = self.resolve(node)
            schema = self._value_schema(parameter)
            if parameter["in"] == "query":
                query[parameter["name"]] = Parameter(
                    parameter["name"], schema, parameter.get("required", False)
                )
            elif parameter["in"] == "path":
                in_path[parameter["name"]] = schema
        return Operation(method, self._prefix + path, query, in_path, pointer)

    def _value_schema(self, parameter: Any) -> dict[str, Any]:
        schema = dict(self.resolve(parameter.get("schema", {})))
        if "items" in schema:
            schema["items"] = self.resolve(schema["items"])
        bound = MAXIMUM.search(parameter.get("description", ""))
        if bound and "maximum" not in schema:
            schema["maximum"] = int(bound[1])
        return schema
