"""Webhooks, and what was sent to them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from cooldown_kit.client.wire.bodies import Answer, Request
from cooldown_kit.client.wire.words import Open


class WebhookCreate(Request):
    name: str = Field(min_length=1, max_length=128)
    url: str = Field(min_length=1, max_length=2048)
    event_types: Annotated[list[str], Field(min_length=1, max_length=32)] = ["job.*"]


class WebhookUpdate(Request):
    name: str | None = Field(default=None, min_length=1, max_length=128)
    url: str | None = Field(default=None, min_length=1, max_length=2048)
    event_types: Annotated[list[str], Field(min_length=1, max_length=32)] | None = None
    enabled: bool | None = None


class Webhook(Answer):
    id: str
    object: Literal["webhook"] = "webhook"
    name: str
    project: str
    url: str
    event_types: list[str]
    enabled: bool
    created_by: str
    created_at: datetime


class WebhookCreated(Webhook):
    secret: str
    """`whsec_…`, shown this once."""


class Delivery(Answer):
    id: str
    object: Literal["webhook.delivery"] = "webhook.delivery"
    webhook: str
    type: str
    state: Open[Literal["pending", "delivered", "failed"]]
    tries: int
    status: int | None
    error: str
    created_at: datetime
    next_at: datetime | None
    delivered_at: datetime | None
