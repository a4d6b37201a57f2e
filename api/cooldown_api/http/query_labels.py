"""Labels that jobs must have, as a query says them: ``metadata[team]=search``."""

from __future__ import annotations

from typing import Any, Final

from fastapi import Request
from pydantic import TypeAdapter, ValidationError

from cooldown_api.problems import ProblemError
from cooldown_kit.client.wire import Labels

_LABELS: Final = TypeAdapter(Labels)


def query_labels(request: Request) -> dict[str, str]:
    """Raises :class:`ProblemError` ``validation`` for parameters of another form, and for labels that no job can have."""
    found: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if not name.startswith("metadata"):
            continue
        key = name.removeprefix("metadata[").removesuffix("]")
        if name != f"metadata[{key}]" or found.get(key, value) != value:
            raise _wrong("labels are asked for as `metadata[key]=value`, each key once")
        if "\0" in value:
            raise _wrong("a label holds no NUL character")
        found[key] = value
    try:
        return _LABELS.validate_python(found)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        raise _wrong(f"no job has such a label: {first['msg']}") from None


def labels_parameter(description: str) -> dict[str, Any]:
    """For ``openapi_extra=``: FastAPI does not know parameters of that form."""
    schema = _LABELS.json_schema()
    return {
        "parameters": [
            {
                "name": "metadata",
                "in": "query",
                "required": False,
                "style": "deepObject",
                "explode": True,
                "description": description,
                "schema": schema,
            }
        ]
    }


def _wrong(what: str) -> ProblemError:
    return ProblemError("validation", what, where="metadata", remedy="write `?metadata[team]=search`")
