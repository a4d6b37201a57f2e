"""Deliveries arrive, signed; are tried again in time; are given up in the end; and no two dispatchers send the same one."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import openai
import pytest
from cooldown_api.database.scoping import ALL_PROJECTS
from cooldown_api.database.tables import AuditEntry, Delivery, Webhook
from cooldown_api.service import Service
from cooldown_api.webhooks.dispatcher import Dispatcher
from cooldown_api.webhooks.schedule import WAITS, next_try
from fastapi.testclient import TestClient
from sqlalchemy import select, update
from standardwebhooks.webhooks import Webhook as Verifier

from loopback_server import Said, Server

SendDue = Callable[[], int]


def subscribe(client: TestClient, receiver: Server, **more: Any) -> dict[str, Any]:
    made = client.post("/v1/webhooks", json={"name": "a", "url": f"{receiver.url}/hook?sig=1", **more})
    assert made.status_code == 201, made.text
    return dict(made.json())


def deliveries(client: TestClient, hook: dict[str, Any]) -> list[dict[str, Any]]:
    return list(client.get(f"/v1/webhooks/{hook['id']}/deliveries").json()["data"])


def later(service: Service) -> None:
    """What waits is due now."""
    with service.database.write(ALL_PROJECTS) as session:
        session.execute(update(Delivery).values(next_at=datetime.now(UTC) - timedelta(seconds=1)))


def test_a_test_event_arrives_signed_and_is_told_as_delivered(
    client: TestClient, receiver: Server, send_due: SendDue
) -> None:
    hook = subscribe(client, receiver)
    sent = client.post(f"/v1/webhooks/{hook['id']}/test")
    assert (sent.status_code, sent.json()["state"]) == (202, "pending")
    assert send_due() == 1
    (asked,) = receiver.asked
    assert (asked.method, asked.path, asked.query) == ("POST", "/hook", {"sig": "1"})
    assert asked.headers["host"] == receiver.url.removeprefix("http://")
    assert Verifier(hook["secret"]).verify(asked.body, dict(asked.headers))["type"] == "webhook.test"
    unwrap = openai.OpenAI(api_key="x", webhook_secret=hook["secret"]).webhooks.unwrap
    assert unwrap(asked.body, dict(asked.headers)).id == sent.json()["id"] == asked.headers["webhook-id"]
    (told,) = deliveries(client, hook)
    assert (told["state"], told["tries"], told["status"], told["next_at"]) == ("delivered", 1, 200, None)
    assert send_due() == 0


def test_after_a_rotation_both_secrets_sign_for_a_day(
    client: TestClient, service: Service, receiver: Server, send_due: SendDue
) -> None:
    hook = subscribe(client, receiver)
    rotated = client.post(f"/v1/webhooks/{hook['id']}/rotate-secret").json()
    assert rotated["secret"] != hook["secret"]
    client.post(f"/v1/webhooks/{hook['id']}/test")
    send_due()
    for secret in (hook["secret"], rotated["secret"]):
        Verifier(secret).verify(receiver.asked[-1].body, dict(receiver.asked[-1].headers))
    with service.database.write(ALL_PROJECTS) as session:
        session.execute(update(Webhook).values(old_until=datetime.now(UTC)))
    client.post(f"/v1/webhooks/{hook['id']}/test")
    send_due()
    assert len(receiver.asked[-1].headers["webhook-signature"].split()) == 1


def test_what_fails_is_tried_again_under_the_same_id_until_it_is_accepted(
    client: TestClient, service: Service, receiver: Server, send_due: SendDue
) -> None:
    hook = subscribe(client, receiver)
    client.post(f"/v1/webhooks/{hook['id']}/test")
    receiver.script(
        Said({}, status=500), Said({}, status=429, headers={"retry-after": "3600"}), Said({}, status=204)
    )
    before = datetime.now(UTC)
    assert send_due() == 1
    (told,) = deliveries(client, hook)
    assert (told["state"], told["tries"], told["status"], told["error"]) == (
        "pending",
        1,
        500,
        "answered 500",
    )
    wait = (datetime.fromisoformat(told["next_at"]) - before).total_seconds()
    assert 5 <= wait < 8
    assert send_due() == 0  # not yet
    later(service)
    assert send_due() == 1
    asked_for = datetime.fromisoformat(deliveries(client, hook)[0]["next_at"]) - before
    assert asked_for > timedelta(minutes=59)
    later(service)
    assert send_due() == 1
    assert deliveries(client, hook)[0]["state"] == "delivered"
    assert len({asked.headers["webhook-id"] for asked in receiver.asked}) == 1


def test_after_the_last_try_it_has_failed_and_can_be_sent_again_by_hand(
    client: TestClient, service: Service, receiver: Server, send_due: SendDue
) -> None:
    hook = subscribe(client, receiver)
    id = client.post(f"/v1/webhooks/{hook['id']}/test").json()["id"]
    receiver.script(Said({}, status=503))
    for _ in range(len(WAITS) + 1):
        later(service)
        assert send_due() == 1
    (told,) = deliveries(client, hook)
    assert (told["state"], told["tries"]) == ("failed", len(WAITS) + 1)
    later(service)
    assert send_due() == 0
    receiver.script(Said({}))
    again = client.post(f"/v1/webhooks/{hook['id']}/deliveries/{id}/redeliver")
    assert (again.status_code, again.json()["state"]) == (202, "pending")
    assert send_due() == 1
    assert receiver.asked[-1].headers["webhook-id"] == id
    assert deliveries(client, hook)[0]["state"] == "delivered"


def test_waits_grow_from_seconds_to_a_day_and_then_end() -> None:
    now = datetime.now(UTC)
    assert (WAITS[0], WAITS[-1]) == (timedelta(seconds=5), timedelta(hours=24))
    assert list(WAITS) == sorted(WAITS)
    for tries, wait in enumerate(WAITS, 1):
        when = next_try(tries, now)
        assert when is not None
        assert wait <= when - now <= wait * 1.1
    assert next_try(len(WAITS) + 1, now) is None


def test_a_receiver_that_is_gone_is_asked_no_more(
    client: TestClient, service: Service, receiver: Server, send_due: SendDue
) -> None:
    hook = subscribe(client, receiver)
    client.post(f"/v1/webhooks/{hook['id']}/test")
    receiver.script(Said({}, status=410))
    assert send_due() == 1
    assert client.get(f"/v1/webhooks/{hook['id']}").json()["enabled"] is False
    assert deliveries(client, hook)[0]["state"] == "failed"
    assert client.post(f"/v1/webhooks/{hook['id']}/test").status_code == 409
    with service.database.read(ALL_PROJECTS) as session:
        actions = list(session.scalars(select(AuditEntry.action).where(AuditEntry.actor == "service")))
    assert actions == ["webhook.disable"]


def test_what_waits_while_a_webhook_is_disabled_is_sent_when_it_is_enabled(
    client: TestClient, receiver: Server, send_due: SendDue
) -> None:
    hook = subscribe(client, receiver)
    client.post(f"/v1/webhooks/{hook['id']}/test")
    client.patch(f"/v1/webhooks/{hook['id']}", json={"enabled": False})
    assert send_due() == 0
    client.patch(f"/v1/webhooks/{hook['id']}", json={"enabled": True})
    assert send_due() == 1


def test_redirects_are_not_followed_and_bodies_are_not_kept(
    client: TestClient, receiver: Server, send_due: SendDue
) -> None:
    hook = subscribe(client, receiver)
    client.post(f"/v1/webhooks/{hook['id']}/test")
    receiver.script(Said(b"planted-words", status=302, headers={"location": f"{receiver.url}/elsewhere"}))
    send_due()
    (told,) = deliveries(client, hook)
    assert told["error"] == "answered 302 (redirects are not followed)"
    assert "planted" not in str(told)
    assert [asked.path for asked in receiver.asked] == ["/hook"]


def test_a_receiver_that_drips_is_cut_off(
    client: TestClient, receiver: Server, send_due: SendDue, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cooldown_api.webhooks import send

    monkeypatch.setattr(send, "SECONDS", 0.3)
    hook = subscribe(client, receiver)
    client.post(f"/v1/webhooks/{hook['id']}/test")
    receiver.script(Said(drip=True))
    send_due()
    assert deliveries(client, hook)[0]["error"] == "no answer within 0.3 s"


def test_a_receiver_that_is_not_there_is_tried_again(
    client: TestClient, receiver: Server, send_due: SendDue
) -> None:
    hook = subscribe(client, receiver, url="http://127.0.0.1:9/hook")
    client.post(f"/v1/webhooks/{hook['id']}/test")
    assert send_due() == 1
    (told,) = deliveries(client, hook)
    assert (told["state"], told["status"], told["error"]) == ("pending", None, "no connection")


def test_a_policy_that_was_tightened_holds_for_webhooks_that_are_there(
    client: TestClient, service: Service, receiver: Server
) -> None:
    hook = subscribe(client, receiver)
    client.post(f"/v1/webhooks/{hook['id']}/test")
    sources = service.settings.sources.model_copy(update={"private_hosts": []})
    strict = service.settings.model_copy(update={"sources": sources})
    assert asyncio.run(Dispatcher(service.database, strict).send_due()) == 1
    assert receiver.asked == []
    assert "not on the public internet" in deliveries(client, hook)[0]["error"]


def test_dispatchers_that_run_at_once_send_each_delivery_once(
    client: TestClient, service: Service, receiver: Server
) -> None:
    hooks = [subscribe(client, receiver) for _ in range(5)]
    ids = [client.post(f"/v1/webhooks/{hook['id']}/test").json()["id"] for hook in hooks for _ in range(8)]
    dispatchers = [Dispatcher(service.database, service.settings) for _ in range(4)]
    for dispatcher in dispatchers:
        dispatcher.start()
    done = threading.Event()
    for _ in range(600):
        with service.database.read(ALL_PROJECTS) as session:
            if all(state == "delivered" for state in session.scalars(select(Delivery.state))):
                break
        done.wait(0.1)
    for dispatcher in dispatchers:
        dispatcher.stop()
    assert Counter(asked.headers["webhook-id"] for asked in receiver.asked) == Counter(ids)


def test_a_delivery_whose_dispatcher_died_is_sent_when_its_claim_is_over(
    client: TestClient, service: Service, receiver: Server, send_due: SendDue
) -> None:
    hook = subscribe(client, receiver)
    client.post(f"/v1/webhooks/{hook['id']}/test")
    dead = Dispatcher(service.database, service.settings)
    (claimed,) = dead._claim(Counter())
    assert send_due() == 0
    with service.database.write(ALL_PROJECTS) as session:
        session.execute(update(Delivery).values(claimed_until=datetime.now(UTC)))
    assert send_due() == 1
    from cooldown_api.webhooks.send import Outcome

    dead._settle(
        claimed, Outcome(False, error="late")
    )  # it lives after all, and finds that the claim is another's
    assert deliveries(client, hook)[0]["state"] == "delivered"


def test_one_receiver_that_hangs_takes_four_places_and_leaves_the_others(
    client: TestClient, service: Service, receiver: Server
) -> None:
    slow, quick = subscribe(client, receiver), subscribe(client, receiver)
    for _ in range(10):
        client.post(f"/v1/webhooks/{slow['id']}/test")
    client.post(f"/v1/webhooks/{quick['id']}/test")
    dispatcher = Dispatcher(service.database, service.settings)
    first = Counter(item.webhook for item in dispatcher._claim(Counter()))
    assert first == {slow["id"]: 4, quick["id"]: 1}
    assert dispatcher._claim(Counter(first)) == []


def test_a_secret_that_was_encrypted_with_another_key_says_so(
    client: TestClient, service: Service, receiver: Server
) -> None:
    hook = subscribe(client, receiver)
    client.post(f"/v1/webhooks/{hook['id']}/test")
    other = service.settings.model_copy(update={"secret_key": type(service.settings.secret_key)("k" * 40)})
    asyncio.run(Dispatcher(service.database, other).send_due())
    assert "rotate it" in deliveries(client, hook)[0]["error"]
    assert receiver.asked == []
