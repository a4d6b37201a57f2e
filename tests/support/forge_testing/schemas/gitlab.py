"""GitLab's REST API v4, from the tables of paths and filters in python-gitlab.

GitLab's own OpenAPI description leaves merge requests out, so this is second best: python-gitlab is written by hand,
against GitLab's documentation. A manager class holds its path (`_path`), its filters (`_list_filters`) and, through the
classes it derives from, what may be done with it; methods of an object name the paths below it. The source is read, never
imported. Filters that python-gitlab passes on without naming them are listed here, from GitLab's documentation.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from forge_testing.packages import FOLDER, package_file
from forge_testing.schemas.operations import Operation, Operations, Parameter, Query

LISTS, GETS, GETS_ALONE = "list", "get", "get without id"
ABILITIES = {
    "ListMixin": {LISTS},
    "GetMixin": {GETS},
    "GetWithoutIdMixin": {GETS_ALONE},
    "RetrieveMixin": {LISTS, GETS},
    "CRUDMixin": {LISTS, GETS},
    "NoUpdateMixin": {LISTS, GETS},
}
MOMENT = {"type": "string", "format": "date-time"}
# https://docs.gitlab.com/api/rest/#pagination
PAGINATION: dict[str, dict[str, Any]] = {
    "page": {"type": "integer", "minimum": 1},
    "per_page": {"type": "integer", "minimum": 1, "maximum": 100},
    "pagination": {"enum": ["keyset"]},
    "order_by": {},
    "sort": {"enum": ["asc", "desc"]},
    "cursor": {},
    "id_after": {"type": "integer"},
    "id_before": {"type": "integer"},
}
# https://docs.gitlab.com/api/merge_requests/, /notes/, /projects/, /commits/: left to **kwargs by python-gitlab.
UNNAMED: dict[str, dict[str, dict[str, Any]]] = {
    "/projects/{project_id}/merge_requests": {
        "with_labels_details": {"type": "boolean"},
        "with_merge_status_recheck": {"type": "boolean"},
        "author_username": {},
        "deployed_after": MOMENT,
        "merged_after": MOMENT,
        "merged_before": MOMENT,
        "non_archived": {"type": "boolean"},
    },
    "/projects/{project_id}/merge_requests/{mr_iid}/notes": {
        "activity_filter": {"enum": ["all_notes", "only_comments", "only_activity"]}
    },
    "/projects/{project_id}/issues": {
        "with_labels_details": {"type": "boolean"},
        "confidential": {"type": "boolean"},
    },
    "/projects/{project_id}/issues/{issue_iid}/notes": {
        "activity_filter": {"enum": ["all_notes", "only_comments", "only_activity"]}
    },
    "/projects/{id}": {"license": {"type": "boolean"}, "statistics": {"type": "boolean"}},
}
# GitLab puts the numbers of the path into the query of its Link headers, too (recorded in ogr's cassettes).
ECHOED = ("id", "noteable_id", "noteable_type", "issue_iid", "merge_request_iid", "sha")
VALUES: dict[tuple[str, str], dict[str, Any]] = {
    ("merge_requests", "state"): {"enum": ["opened", "closed", "locked", "merged", "all"]},
    ("merge_requests", "scope"): {
        "enum": [
            "created_by_me",
            "assigned_to_me",
            "reviews_for_me",
            "all",
            "created-by-me",
            "assigned-to-me",
        ]
    },
    ("merge_requests", "view"): {"enum": ["simple"]},
    ("merge_requests", "order_by"): {
        "enum": [
            "created_at",
            "updated_at",
            "merged_at",
            "title",
            "label_priority",
            "milestone_due",
            "popularity",
            "priority",
        ]
    },
    ("issues", "state"): {"enum": ["opened", "closed", "all"]},
    ("notes", "order_by"): {"enum": ["created_at", "updated_at"]},
}
TIME = re.compile(r".*_(after|before)|since|until")


class GitLabSchema:
    """Requests to GitLab; paths begin with "/api/v4"."""

    def check(self, method: str, path: str, query: Query = None, json_body: Any = None) -> None:
        """Raise AssertionError naming what is not documented. Only GET is known: a connector writes nothing."""
        assert json_body is None, f"{gitlab().name}: {method} {path} is to have no body"
        gitlab().check(method, path, query)


@cache
def gitlab() -> Operations:
    """GitLab's reading operations, read once."""
    package_file("python_gitlab", "gitlab/v4/objects/projects.py")
    folder = FOLDER / "packages" / "python_gitlab" / "gitlab" / "v4" / "objects"
    classes = [
        node
        for file in sorted(folder.glob("*.py"))
        for node in ast.parse(file.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef)
    ]
    by_name = {node.name: node for node in classes}
    return Operations("GitLab", (each for node in classes for each in _operations(node, by_name)))


def _operations(node: ast.ClassDef, classes: dict[str, ast.ClassDef]) -> Iterator[Operation]:
    values = _assigned(node)
    path = values.get("_path")
    if not isinstance(path, str):
        return
    abilities = set().union(*(_abilities(base, classes) for base in node.bases))
    filters, own = _names(values.get("_list_filters")), _names(values.get("_optional_get_attrs"))
    if LISTS in abilities:
        yield _operation(path, path, [*filters, *PAGINATION])
    if GETS in abilities:
        yield _operation(f"{path}/{{id}}", f"{path}/{{id}}", own)
    if GETS_ALONE in abilities:
        yield _operation(path, path, own)
    if (item := values.get("_obj_cls")) in classes:
        for below in sorted(_below(classes[item])):
            yield _operation(f"{path}/{{id}}/{below}", path, list(PAGINATION))


def _operation(template: str, key: str, names: list[str]) -> Operation:
    last = next(part for part in reversed(template.split("/")) if not part.startswith("{"))
    documented = {name: _value(last, name) for name in (*names, *ECHOED)} | UNNAMED.get(key, {})
    query = {name: Parameter(name, schema) for name, schema in documented.items()}
    return Operation("GET", "/api/v4" + template, query)


def _value(resource: str, name: str) -> dict[str, Any]:
    """What is known of a parameter's value: by resource, by the rules of pagination, or by its name."""
    if (resource, name) in VALUES:
        return VALUES[resource, name]
    return PAGINATION.get(name) or (MOMENT if TIME.fullmatch(name) else {})


def _abilities(base: ast.expr, classes: dict[str, ast.ClassDef]) -> set[str]:
    named = base.value if isinstance(base, ast.Subscript) else base
    name = named.id if isinstance(named, ast.Name) else ""
    if name in classes:
        return set().union(*(_abilities(each, classes) for each in classes[name].bases))
    return ABILITIES.get(name, set())


def _assigned(node: ast.ClassDef) -> dict[str, Any]:
    """Constants, tuples of constants and names that the class assigns."""
    found: dict[str, Any] = {}
    for statement in node.body:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            value = statement.value
            name = statement.targets[0].id
            if isinstance(value, ast.Name):
                found[name] = value.id
            elif isinstance(value, ast.Constant | ast.Tuple):
                found[name] = ast.literal_eval(value)
    return found


def _names(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value or ())


def _below(node: ast.ClassDef) -> set[str]:
    """The paths below an object that its methods read: f"{self.manager.path}/{self.encoded_id}/commits"."""
    found = set()
    for method in node.body:
        if isinstance(method, ast.FunctionDef) and re.search(r"http_(get|list)\(", ast.unparse(method)):
            found |= set(
                re.findall(r"self\.manager\.path\}/\{self\.encoded_id\}/([\w/]+)['\"]", ast.unparse(method))
            )
    return found
