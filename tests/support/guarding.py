"""A policy for this process that ends with the test, and name servers that answer as they are told."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from cooldown_kit.guard import in_force, use
from cooldown_kit.guard.policy import Policy

Names = dict[str, list[list[str]]]


@pytest.fixture
def held() -> Iterator[Callable[..., Policy]]:
    """Holds this process to a policy until the test ends; its process-wide hook stays away."""

    def hold(**values: Any) -> Policy:
        policy = Policy(**values)
        in_force.set_active(policy)
        return policy

    yield hold
    in_force.set_active(None)
    use._approved.clear()


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    """Host → its answers, one list of addresses a question, the last one for ever; other names do not exist."""
    known: Names = {}
    ask = socket.getaddrinfo

    def answer(host: Any, port: Any, *rest: Any, **more: Any) -> Any:
        text = host.decode() if isinstance(host, bytes) else str(host)
        try:
            socket.inet_pton(socket.AF_INET6 if ":" in text else socket.AF_INET, text)
        except OSError:
            if text not in known:
                raise socket.gaierror(socket.EAI_NONAME, "no such name") from None
            answers = known[text]
            addresses = answers.pop(0) if len(answers) > 1 else answers[0]
            return [found for address in addresses for found in ask(address, port, *rest, **more)]
        return ask(text, port, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    return known
