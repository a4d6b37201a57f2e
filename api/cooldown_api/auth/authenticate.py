"""From a request to its principal."""

from __future__ import annotations

from fastapi import Request

from cooldown_api.auth.principal import Principal


def authenticate(request: Request) -> Principal:
    """Who sends this request. Raises :class:`ProblemError` ``not-authenticated``."""
    service = request.app.state.service
    if service.settings.auth == "none":
        return Principal("local", service.settings.default_project, "admin", platform=True)
    raise NotImplementedError
