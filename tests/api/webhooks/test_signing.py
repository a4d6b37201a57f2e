"""What receivers' own libraries say of our signatures."""

from __future__ import annotations

import time
from typing import Any

import openai
import pytest
from cooldown_api.webhooks.signing import body_of, new_secret, signed_headers
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

PAYLOAD: dict[str, Any] = {
    "id": "evt_1",
    "object": "event",
    "created_at": 1_795_657_818,
    "type": "fine_tuning.job.succeeded",
    "data": {"id": "ftjob-1", "note": "größer – 模型 \u2028 </script>"},
}


def test_the_reference_library_verifies_what_we_sign() -> None:
    secret, body = new_secret(), body_of(PAYLOAD)
    headers = signed_headers("evt_1", int(time.time()), body, [secret])
    assert Webhook(secret).verify(body, headers) == PAYLOAD


def test_openais_client_unwraps_what_we_sign() -> None:
    secret, body = new_secret(), body_of(PAYLOAD)
    headers = signed_headers("evt_1", int(time.time()), body, [secret])
    client = openai.OpenAI(api_key="x", webhook_secret=secret)
    event = client.webhooks.unwrap(body, headers)
    assert (event.type, event.data.id) == ("fine_tuning.job.succeeded", "ftjob-1")


def test_while_one_secret_replaces_another_either_verifies() -> None:
    new, old, body = new_secret(), new_secret(), body_of(PAYLOAD)
    headers = signed_headers("evt_1", int(time.time()), body, [new, old])
    assert len(headers["webhook-signature"].split(" ")) == 2
    for secret in (new, old):
        assert Webhook(secret).verify(body, headers) == PAYLOAD
        assert openai.OpenAI(api_key="x", webhook_secret=secret).webhooks.unwrap(body, headers).id == "evt_1"
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(body, headers)


def test_what_was_changed_on_the_way_is_noticed() -> None:
    secret, body = new_secret(), body_of(PAYLOAD)
    headers = signed_headers("evt_1", int(time.time()), body, [secret])
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body.replace(b"succeeded", b"cancelled"), headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body, {**headers, "webhook-id": "evt_2"})
