"""Our transports under a policy: names are looked up once, by the one who judges them, also after a redirect."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
from cooldown_connectors.http.as_httpx import HttpxTransport
from cooldown_connectors.http.asked import Asked
from cooldown_connectors.http.client import Client
from cooldown_connectors.http.connection import Connecting, opened
from cooldown_connectors.http.questions import Question
from cooldown_connectors.huggingface.errors import Answered
from cooldown_connectors.huggingface.hub import Hub

from cooldown_kit.errors import InputError
from cooldown_kit.guard import NotAllowed

from ...support.loopback_server import FakeClock, Said, Server


@pytest.fixture
def hub_at() -> Iterator[Callable[[str], Hub]]:
    with ExitStack() as stack:
        yield lambda url: stack.enter_context(Hub(url, "t0ken", wait=lambda seconds, why: None))


def asking(url: str, clock: FakeClock, stack: ExitStack, **connecting: Any) -> Client:
    asked = Asked(api=url, source="forge", connecting=Connecting(timeout_seconds=5, **connecting))
    return stack.enter_context(Client(asked, [], clock=clock))


def test_a_name_that_stands_for_this_machine_is_not_connected_to(
    held, names, server: Server, clock: FakeClock
) -> None:
    held(urls=("http://*",))
    names["forge.example"] = [["127.0.0.1"]]
    with ExitStack() as stack:
        client = asking(f"http://forge.example:{server.server_port}", clock, stack)
        with pytest.raises(NotAllowed, match=r"forge\.example is refused"):
            client.ask(Question("GET", f"http://forge.example:{server.server_port}/x"))
    assert server.asked == []
    assert client.calls == 1


def test_a_name_that_may_be_private_is(held, names, server: Server, clock: FakeClock) -> None:
    held(private_hosts=("forge.example",))
    names["forge.example"] = [["127.0.0.1"]]
    server.script(Said({"a": 1}))
    with ExitStack() as stack:
        client = asking(f"http://forge.example:{server.server_port}", clock, stack)
        assert client.ask(Question("GET", f"http://forge.example:{server.server_port}/x")).data == {"a": 1}
    assert server.asked[0].headers["host"].startswith("forge.example")


def test_the_second_answer_of_a_name_server_is_never_asked_for(
    held, names, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rebinding: the first answer is public and passes the check, the one that a connection would get is private."""
    held()
    names["rebound.example"] = [["8.8.8.8"], ["127.0.0.1"]]
    connected: list[str] = []

    def connect(self: Any, host: str, *rest: Any) -> Any:
        connected.append(host)
        raise httpx.ConnectError("far away")

    monkeypatch.setattr("httpcore.SyncBackend.connect_tcp", connect)
    with opened("http://rebound.example", Connecting()) as transport, pytest.raises(httpx.ConnectError):
        transport.handle_request(httpx.Request("GET", "http://rebound.example/x"))
    assert connected == ["8.8.8.8"]


def test_a_new_connection_looks_again(held, names, server: Server) -> None:
    held(private_hosts=("127.0.0.1",))
    names["turns.example"] = [["127.0.0.1"], ["127.0.0.2"]]
    url = f"http://turns.example:{server.server_port}/x"
    with httpx.Client(transport=HttpxTransport(Connecting())) as client:
        assert client.get(url, headers={"connection": "close"}).status_code == 200
        with pytest.raises(NotAllowed):
            client.get(url)


def test_where_one_address_does_not_answer_the_next_is_tried(held, names, server: Server) -> None:
    held(private_hosts=("127.0.0.1", "127.0.0.9"))
    names["two.example"] = [["127.0.0.9", "127.0.0.1"]]
    with httpx.Client(transport=HttpxTransport(Connecting())) as client:
        assert client.get(f"http://two.example:{server.server_port}/x").status_code == 200


def test_a_redirect_to_another_host_is_not_followed_by_a_forges_client(
    held, server: Server, clock: FakeClock
) -> None:
    held(private_hosts=("127.0.0.1",))
    server.script(Said(status=302, headers={"location": "http://169.254.169.254/latest/meta-data"}))
    with ExitStack() as stack, pytest.raises(InputError, match="nothing was sent there"):
        asking(server.url, clock, stack).ask(Question("GET", f"{server.url}/x"))


@pytest.mark.parametrize(
    "to", ["http://127.0.0.2:{port}/x", "https://169.254.169.254/x", "https://[::ffff:169.254.169.254]/x", "https://inner.example/x", "https://2130706433:{port}/x"]
)  # fmt: skip
def test_a_redirect_of_a_hub_is_looked_at_before_it_is_followed(
    held, names, server: Server, hub_at, to: str
) -> None:
    held(private_hosts=("127.0.0.1",))
    names["inner.example"] = [["10.0.0.1"]]
    names["2130706433"] = [["127.0.0.2"]]
    server.script(Said(status=302, headers={"location": to.format(port=server.server_port)}))
    with pytest.raises((NotAllowed, Answered)) as caught:
        hub_at(server.url).commit("acme/set", "main")
    assert isinstance(caught.value, NotAllowed)
    assert len(server.asked) == 1


def test_a_hub_that_is_allowed_answers_as_ever(held, server: Server, hub_at) -> None:
    held(private_hosts=("127.0.0.1",))
    server.script(Said({"sha": "a" * 40}))
    assert hub_at(server.url).commit("acme/set", "main") == "a" * 40
    assert server.asked[0].token == "Bearer t0ken"


def test_the_hubs_errors_of_the_wire_are_those_it_knows(held, names, server: Server) -> None:
    held(private_hosts=("127.0.0.1",))
    server.script(Said({"whole": "answer"}, cut=3))
    with httpx.Client(transport=HttpxTransport(Connecting())) as client:
        with pytest.raises(httpx.TransportError):
            client.get(f"{server.url}/x")
        server.server_close()
        with pytest.raises(httpx.ConnectError):
            client.get("http://127.0.0.1:1/x")


def test_the_environments_proxy_is_used_where_the_policy_says_so(
    held, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", server.url)
    for name in ("NO_PROXY", "no_proxy", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    server.script(Said({"by": "proxy"}))
    url = "http://8.8.8.8/x"
    held(private_hosts=("127.0.0.1",), environment_proxy=True)
    with opened(url, Connecting(proxy="environment")) as transport:
        assert transport.handle_request(httpx.Request("GET", url)).status_code == 200
    held(environment_proxy=True)  # its own address has to be allowed too
    with opened(url, Connecting(proxy="environment")) as transport, pytest.raises(NotAllowed):
        transport.handle_request(httpx.Request("GET", url))
    held(private_hosts=("127.0.0.1",))
    with opened(url, Connecting(proxy="environment")) as transport:
        assert transport._pool._proxy is None


def test_a_proxy_and_a_bundle_of_the_recipe_are_looked_at(held, tmp_path) -> None:
    held(urls=("https://github.com",), roots=(tmp_path,))
    with pytest.raises(NotAllowed, match="this address is refused"):
        opened("https://github.com", Connecting(proxy="http://10.0.0.1:3128"))
    with pytest.raises(NotAllowed, match="leads out"):
        opened("https://github.com", Connecting(ca_bundle=tmp_path / ".." / "x.pem"))


def test_a_certificate_is_held_to_the_hosts_name_not_to_its_address(
    held, names, monkeypatch: pytest.MonkeyPatch
) -> None:
    held()
    names["good.example"] = [["8.8.8.8"]]
    shown: list[Any] = []

    class Wire:
        def start_tls(
            self, context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
        ) -> Any:
            shown.append(server_hostname)
            raise httpx.ConnectError("enough")

        def close(self) -> None: ...

    monkeypatch.setattr("httpcore.SyncBackend.connect_tcp", lambda *rest: Wire())
    with opened("https://good.example", Connecting()) as transport, pytest.raises(httpx.ConnectError):
        transport.handle_request(httpx.Request("GET", "https://good.example/x"))
    assert shown == ["good.example"]


def test_a_name_server_that_is_down_for_a_moment_is_asked_again(
    held, names, server: Server, clock: FakeClock
) -> None:
    held(private_hosts=("late.example",))
    url = f"http://late.example:{server.server_port}"
    names["late.example"] = [[]]
    with ExitStack() as stack, pytest.raises(InputError, match="no answer after 3 tries"):
        asking(url, clock, stack).ask(Question("GET", f"{url}/x"))
