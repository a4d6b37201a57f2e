"""What the operator set is what recipes are held to, in the request and in the child."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from cooldown_api.creating.policy import policy_of
from cooldown_api.database.tables import Attempt, Job
from cooldown_api.settings import Settings, SourceSettings
from cooldown_api.worker.places import spec_of


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    sources = SourceSettings(
        urls=["https://git.example/*"],
        private_hosts=["git.example"],
        roots=[tmp_path / "root"],
        secrets_dir=tmp_path / "secrets",
        environment_proxy=True,
    )
    return Settings(data_dir=tmp_path / "data", sources=sources)


def test_the_operators_settings_are_the_policy(settings: Settings, tmp_path: Path) -> None:
    policy = policy_of(settings, "alpha")
    assert policy.urls == ("https://git.example/*",)
    assert policy.private_hosts == ("git.example",)
    assert tmp_path / "root" in policy.roots
    assert policy.environment_proxy
    assert policy.references == "secrets"


def test_a_project_sees_its_own_secrets_and_uploads_only(settings: Settings, tmp_path: Path) -> None:
    policy = policy_of(settings, "alpha")
    assert policy.secrets_dir == tmp_path / "secrets" / "alpha"
    assert settings.project_dir("alpha") / "files" in policy.roots
    assert not [root for root in policy.roots if "beta" in root.parts]
    assert settings.project_dir("alpha") not in policy.roots, "the workspace holds raw records"


@pytest.mark.parametrize(("executor", "loopback"), [("local", False), ("ray", True)])
def test_only_ray_may_speak_to_loopback(settings: Settings, executor: str, loopback: bool) -> None:
    now = datetime.now(UTC)
    job = Job(
        id="job_1", project_id="alpha", kind="run", recipe={}, gpus=0, max_duration_seconds=60, priority=50
    )
    attempt = Attempt(id="a", job_id="job_1", number=1, executor=executor, started_at=now, gpus=[])
    policy = spec_of(settings, job, attempt, None).policy
    assert policy is not None
    assert policy["local_ports"] is loopback
