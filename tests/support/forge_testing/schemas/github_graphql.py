"""GitHub's GraphQL schema, and its documented limits for connections.

Limits: https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api : every connection
needs `first` or `last`, from 1 to 100, and one call may ask for 500 000 nodes at the most.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    build_schema,
    get_named_type,
    parse,
    validate,
    visit,
)
from graphql.execution.values import get_argument_values, get_variable_values
from graphql.language import DocumentNode, FragmentDefinitionNode, FragmentSpreadNode

from forge_testing.packages import package_file

LARGEST_PAGE = 100
MOST_NODES = 500_000


@cache
def schema() -> GraphQLSchema:
    """GitHub's schema, built once (about a second)."""
    text = package_file("@octokit/graphql-schema", "schema.graphql").read_text(encoding="utf-8")
    return build_schema(text, assume_valid=True)


def check_graphql(body: Any) -> None:
    """Raise AssertionError unless the body of a POST is a valid query of GitHub with fitting variables and page sizes."""
    assert isinstance(body, dict) and isinstance(body.get("query"), str), "GraphQL: the body has no `query`"
    unknown = sorted(set(body) - {"query", "variables", "operationName"})
    assert not unknown, f"GraphQL: the body has {', '.join(unknown)}"
    try:
        document = parse(body["query"])
    except GraphQLError as error:
        raise AssertionError(f"GraphQL: {error}") from error
    errors = validate(schema(), document)
    assert not errors, "GraphQL: " + "; ".join(error.message for error in errors)
    operation = _operation(document, body.get("operationName"))
    variables = get_variable_values(schema(), operation.variable_definitions, body.get("variables") or {})
    assert isinstance(variables, dict), "GraphQL: " + "; ".join(error.message for error in variables)
    declared = {definition.variable.name.value for definition in operation.variable_definitions}
    extra = sorted(set(body.get("variables") or {}) - declared)
    assert not extra, f"GraphQL: the variables {', '.join(extra)} are not declared"
    pages = _Pages(document, operation, variables)
    assert not pages.complaints, "GraphQL: " + "; ".join(pages.complaints)
    assert pages.nodes <= MOST_NODES, f"GraphQL: asks for {pages.nodes} nodes; {MOST_NODES} are allowed"


def nodes(body: Any) -> int:
    """How many nodes a query may ask for, by GitHub's rule: page sizes multiplied along each branch, and summed."""
    document = parse(body["query"])
    operation = _operation(document, body.get("operationName"))
    variables = get_variable_values(schema(), operation.variable_definitions, body.get("variables") or {})
    assert isinstance(variables, dict)
    return _Pages(document, operation, variables).nodes


def _operation(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    named = [node for node in operations if name is None or (node.name and node.name.value == name)]
    assert len(named) == 1, f"GraphQL: {len(named)} operations are meant"
    return named[0]


class _Pages(Visitor):
    """Walks an operation, through its fragments, and gathers page sizes that GitHub refuses and the nodes asked for."""

    def __init__(
        self, document: DocumentNode, operation: OperationDefinitionNode, variables: dict[str, Any]
    ) -> None:
        super().__init__()
        self.complaints: list[str] = []
        self.nodes = 0
        self._variables = variables
        self._fragments = {
            n.name.value: n for n in document.definitions if isinstance(n, FragmentDefinitionNode)
        }
        self._types = TypeInfo(schema())
        self._factor = [1]
        visit(operation, TypeInfoVisitor(self._types, self))

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        self._factor.append(self._factor[-1] * self._page(node))

    def leave_field(self, *_: Any) -> None:
        self._factor.pop()

    def enter_fragment_spread(self, node: FragmentSpreadNode, *_: Any) -> None:
        visit(self._fragments[node.name.value], TypeInfoVisitor(self._types, self))

    def _page(self, node: FieldNode) -> int:
        field, kind = self._types.get_field_def(), self._types.get_type()
        if field is None or kind is None or not get_named_type(kind).name.endswith("Connection"):
            return 1
        values = get_argument_values(field, node, self._variables)
        size = values.get("first") or values.get("last")
        if size is None or not 1 <= size <= LARGEST_PAGE:
            told = "neither `first` nor `last`" if size is None else f"a page of {size}"
            self.complaints.append(f"`{node.name.value}` asks for {told}; 1 to {LARGEST_PAGE} are allowed")
            return 1
        self.nodes += self._factor[-1] * size
        return int(size)
