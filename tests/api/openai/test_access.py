"""Keys of the service are keys of the client: who has none, or too little, is told so in its own classes of errors."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import openai
import pytest
from cooldown_api.auth.keys import create_key
from cooldown_api.settings import Settings
from openai import OpenAI

from cooldown_kit.client.wire import Role
from live_server import live_api

from .conftest import CHATS, jsonl


def test_a_key_opens_what_its_role_allows(make_settings: Callable[..., Settings]) -> None:
    with live_api(make_settings(auth="required")) as (url, service):

        def client(role: Role) -> OpenAI:
            with service.database.write("default") as session:
                made = create_key(
                    session, project="default", name=role, role=role, created_by="test", now=datetime.now(UTC)
                )
            return OpenAI(base_url=f"{url}/v1", api_key=made.secret)

        with pytest.raises(openai.AuthenticationError) as nobody:
            OpenAI(base_url=f"{url}/v1", api_key="sk-other", max_retries=0).models.list()
        assert (nobody.value.code, nobody.value.type) == ("not_authenticated", "authentication_error")
        assert nobody.value.request_id
        viewer, editor = client("viewer"), client("editor")
        file = editor.files.create(file=("c.jsonl", jsonl(CHATS)), purpose="fine-tune")
        assert viewer.files.retrieve(file.id) == file
        with pytest.raises(openai.PermissionDeniedError) as refused:
            viewer.files.delete(file.id)
        assert (refused.value.code, refused.value.type) == ("not_allowed", "permission_error")
        assert editor.files.delete(file.id).deleted is True
