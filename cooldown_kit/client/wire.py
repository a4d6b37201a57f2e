"""The shapes of the REST API. The server answers with these models, the client reads them: one declaration for both.

What comes from a server keeps fields that this version does not know yet; what goes to one is strict.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from cooldown_kit.client.states import Reason, State

Kind = Literal["run", "plan", "dataset"]
Executor = Literal["local", "ray"]
Role = Literal["viewer", "editor", "admin"]

LABEL_KEYS = 16
Label = Annotated[str, Field(max_length=512)]
LabelKey = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+$")]
Labels = Annotated[dict[LabelKey, Label], Field(max_length=LABEL_KEYS)]
Name = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
DatasetReference = Annotated[
    str, Field(min_length=1, max_length=96, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*(@v[1-9][0-9]{0,8})?$")
]
"""``billing`` (the newest version) or ``billing@v3``."""
RecipeContent = dict[str, Any] | str
"""A recipe as JSON, or as the text of its YAML file."""


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class _Answer(BaseModel):
    model_config = ConfigDict(extra="allow", use_attribute_docstrings=True)


Item = TypeVar("Item", bound=BaseModel)


class Page(_Answer, Generic[Item]):
    """Part of a list, newest first. The next page is asked for with ``after=last_id``."""

    object: Literal["list"] = "list"
    data: list[Item]
    has_more: bool = False
    first_id: str | None = None
    last_id: str | None = None


# ---------------------------------------------------------------- recipes and the service itself


class RecipeCheck(_Request):
    """A recipe that is to be read and not run."""

    recipe: RecipeContent


class CheckedRecipe(_Answer):
    """The recipe with every option written out."""

    recipe: dict[str, Any]


class OptionDescription(_Answer):
    """One option of a recipe or of a connector."""

    name: str
    type: str
    default: str
    help: str


class Health(_Answer):
    """The process answers."""

    status: Literal["ok"] = "ok"
    version: str


class Readiness(_Answer):
    """The process can do its work."""

    status: Literal["ready"] = "ready"
    version: str
    database: Literal["sqlite", "postgresql"]
    database_schema: str
    workers: int
    """Workers that have been heard of lately. None: jobs are accepted, and wait."""


# ---------------------------------------------------------------- jobs


class PlanCreate(_Request):
    """A dry run: harvests, curates and tokenises, and trains nothing."""

    recipe: RecipeContent
    dataset: DatasetReference | None = None
    """Documents to use in place of the recipe's sources."""
    gpus: Literal["auto"] | Annotated[int, Field(ge=0, le=64)] = "auto"
    priority: int = Field(default=50, ge=0, le=100)
    executor: Executor = "local"
    metadata: Labels = {}


class JobCreate(_Request):
    """What to run: a ``recipe`` (with a ``dataset`` where its documents are already there), or a ``plan`` that was shown."""

    recipe: RecipeContent | None = None
    plan: str | None = Field(default=None, max_length=40)
    """Id of a plan that succeeded: its documents and its resolved options are what runs."""
    dataset: DatasetReference | None = None
    """Documents to use in place of the recipe's sources."""
    gpus: Literal["auto"] | Annotated[int, Field(ge=0, le=64)] = "auto"
    """`auto`: one where there is any worker with GPUs, else none."""
    priority: int = Field(default=50, ge=0, le=100)
    """Higher ones go first."""
    executor: Executor = "local"
    max_duration_seconds: int | None = Field(default=None, ge=1, le=366 * 86400)
    """Of running, over all attempts; then a checkpoint is saved and the job ends."""
    max_attempts: int | None = Field(default=None, ge=1, le=100)
    metadata: Labels = {}
    """Labels of yours: 16 at most."""


class JobRerun(_Request):
    """What another try of a job does otherwise; what is left out stays. It goes on from the stages that are done."""

    priority: int | None = Field(default=None, ge=0, le=100)
    gpus: Annotated[int, Field(ge=0, le=64)] | None = None
    max_duration_seconds: int | None = Field(default=None, ge=1, le=366 * 86400)


class Progress(_Answer):
    """What it does now."""

    stage: str
    detail: str = ""
    done: float | None = None
    total: float | None = None
    unit: str = ""
    step: int | None = None
    """Of training."""
    steps: int | None = None
    seconds_left: float | None = None
    """Of training, at the speed so far."""


class JobError(_Answer):
    """Why a job failed, for the person who can act."""

    code: Reason
    message: str
    where: str | None = None
    remedy: str | None = None


class SuiteResult(_Answer):
    """One line of the evidence: a measure before and after, with the interval of the difference."""

    name: str
    unit: str
    before: float
    after: float
    difference: float
    low: float | None
    high: float | None
    documents: int


class JobResult(_Answer):
    """What came out."""

    run: str | None = None
    """Name of the run's folder."""
    model: bool = False
    adapter: bool = False
    report: bool = False
    tokens: int | None = None
    """Trained on."""
    evidence: list[SuiteResult] = []
    plan: dict[str, Any] | None = None
    """Of a plan: tokens per source, shares, steps, memory, time, cost, warnings, sample rows."""
    dataset: str | None = None
    """Of a dataset: `name@v3`."""


class Attempt(_Answer):
    """One try."""

    number: int
    state: Literal["starting", "running", "stopping", "ended"]
    reason: Reason
    detail: str = ""
    worker: str
    executor: Executor
    gpus: list[str]
    started_at: datetime
    ended_at: datetime | None
    exit_status: int | None


class Job(_Answer):
    """A job, a plan or the making of a dataset."""

    id: str
    object: Literal["job"] = "job"
    kind: Kind
    name: str
    project: str
    state: State
    reason: Reason
    detail: str = ""
    wanted: Literal["run", "pause", "cancel"]
    """What was asked for last; the state follows."""
    priority: int
    gpus: int
    executor: Executor
    attempt: int
    max_attempts: int
    max_duration_seconds: int
    metadata: dict[str, str]
    progress: Progress | None = None
    error: JobError | None = None
    result: JobResult | None = None
    plan: str | None = None
    dataset: str | None = None
    study: str | None = None
    arm: str | None = None
    rerun_of: str | None = None
    created_by: str
    created_at: datetime
    queued_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    estimated_finish_at: datetime | None = None


class JobDetail(Job):
    """One job with its recipe and its attempts."""

    recipe: dict[str, Any]
    attempts: list[Attempt]


class Event(_Answer):
    """Something that happened. ``data`` is the event as the pipeline made it, or ``{state, reason, detail, attempt}`` for ``type: state``."""

    id: int
    """Counts from 1 within the job, without gaps."""
    object: Literal["job.event"] = "job.event"
    job: str
    attempt: int
    time: datetime
    type: str
    """`state`, `stage_started`, `stage_finished`, `progress`, `metric`, `message`, `artefact`, `checkpoint`."""
    data: dict[str, Any]


class MetricPoint(_Answer):
    stage: str
    step: int
    time: datetime
    attempt: int
    values: dict[str, float]
    """Means over the steps that the point stands for, where ``resolution`` is smaller than their number."""


class Metrics(_Answer):
    object: Literal["job.metrics"] = "job.metrics"
    job: str
    resolution: int
    steps: int
    """How many steps there are in the range asked for."""
    data: list[MetricPoint]


class LogLine(_Answer):
    id: int
    """Counts from 1 within the job."""
    attempt: int
    time: datetime
    text: str


class Checkpoint(_Answer):
    id: str
    object: Literal["job.checkpoint"] = "job.checkpoint"
    job: str
    attempt: int
    step: int
    bytes: int
    metrics: dict[str, float]
    created_at: datetime


class Artefact(_Answer):
    name: str
    """Relative path: `report.html`, `adapter/adapter_model.safetensors`."""
    object: Literal["job.artefact"] = "job.artefact"
    bytes: int
    sha256: str
    media_type: str
    created_at: datetime


class Holder(_Answer):
    """Who has what a job waits for. ``job`` is absent where it is of another project."""

    job: str | None = None
    project: str | None = None
    worker: str | None = None
    gpus: list[str] = []
    since: datetime
    estimated_finish_at: datetime | None = None


class Wait(_Answer):
    """One thing that a job waits for."""

    kind: Literal["worker", "slot", "gpu", "project_limit", "pause_before_retry", "turn", "executor"]
    detail: str
    holders: list[Holder] = []


class QueuePlace(_Answer):
    """What a job waits for, and who holds it."""

    object: Literal["job.queue"] = "job.queue"
    job: str
    state: State
    position: int | None
    """1 is next; none where it does not wait."""
    ahead: int
    """Jobs of any project that would be taken before it."""
    waits_for: list[Wait]
    estimated_start_at: datetime | None = None


class LineageNode(_Answer):
    id: str
    kind: Literal["source", "dataset", "documents", "mixture", "base_model", "job", "model", "evidence"]
    name: str
    digest: str | None = None
    detail: dict[str, Any] = {}


class LineageEdge(_Answer):
    source: str
    target: str


class Lineage(_Answer):
    """From repositories at their revisions to the model, each with the digest of its contents."""

    object: Literal["job.lineage"] = "job.lineage"
    job: str
    nodes: list[LineageNode]
    edges: list[LineageEdge]


# ---------------------------------------------------------------- datasets and studies


class DatasetCreate(_Request):
    """Harvest and curate, and keep the documents under a name; each time it is asked for is one more version."""

    name: Name
    recipe: RecipeContent
    priority: int = Field(default=50, ge=0, le=100)
    metadata: Labels = {}


class Dataset(_Answer):
    id: str
    object: Literal["dataset"] = "dataset"
    name: str
    version: int
    reference: str
    """`name@v3`: what jobs say."""
    project: str
    state: Literal["building", "ready", "failed"]
    job: str
    """The job that makes it."""
    digest: str | None
    summary: dict[str, Any] | None
    """Counters by stream: read, kept, held out, dropped by reason."""
    created_at: datetime


class StudyCreate(_Request):
    """Arms times seeds: one job each, compared at the end. An arm is a set of options that differ from the recipe's."""

    name: Name
    recipe: RecipeContent
    arms: Annotated[dict[Name, dict[str, Any]], Field(min_length=1, max_length=16)]
    """Arm → dotted options: `{"no-code": {"mix.code_share": 0}}`; an empty one is the recipe as it is."""
    seeds: Annotated[list[Annotated[int, Field(ge=0, lt=2**31)]], Field(min_length=1, max_length=16)] = [17]
    dataset: DatasetReference | None = None
    gpus: Literal["auto"] | Annotated[int, Field(ge=0, le=64)] = "auto"
    priority: int = Field(default=50, ge=0, le=100)
    metadata: Labels = {}


class StudyCell(_Answer):
    arm: str
    seed: int
    job: str
    state: State
    evidence: list[SuiteResult] = []


class Study(_Answer):
    id: str
    object: Literal["study"] = "study"
    name: str
    project: str
    arms: dict[str, dict[str, Any]]
    seeds: list[int]
    cells: list[StudyCell]
    created_by: str
    created_at: datetime


# ---------------------------------------------------------------- administration


class ProjectUpdate(_Request):
    """What is left out stays; an explicit null lifts the limit."""

    name: str | None = Field(default=None, min_length=1, max_length=128)
    weight: float | None = Field(default=None, gt=0, le=1000)
    max_running: int | None = Field(default=None, ge=0, le=100_000)
    max_queued: int | None = Field(default=None, ge=0, le=1_000_000)
    gpu_hours_per_month: float | None = Field(default=None, ge=0, le=1e9)
    job_hours_per_month: float | None = Field(default=None, ge=0, le=1e9)
    storage_bytes: int | None = Field(default=None, ge=0, lt=2**63)


class ProjectCreate(ProjectUpdate):
    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]


class Project(_Answer):
    id: str
    object: Literal["project"] = "project"
    name: str
    weight: float
    max_running: int | None
    max_queued: int | None
    gpu_hours_per_month: float | None
    job_hours_per_month: float | None
    storage_bytes: int | None
    created_at: datetime


class UsageReport(_Answer):
    """Of one month, UTC. What is held is what submitted jobs may still take."""

    object: Literal["usage"] = "usage"
    project: str
    month: str
    used_job_hours: float
    used_gpu_hours: float
    held_job_hours: float
    held_gpu_hours: float


class KeyCreate(_Request):
    name: str = Field(min_length=1, max_length=128)
    role: Role = "editor"
    expires_at: AwareDatetime | None = None
    platform: bool = False
    """Whether it may choose any project, and with the role `admin` do what concerns all of them; only who may do so can make one."""


class Key(_Answer):
    id: str
    object: Literal["api_key"] = "api_key"
    name: str
    project: str
    prefix: str
    """What it begins with."""
    role: Role
    platform: bool = False
    created_by: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


class KeyCreated(Key):
    secret: str
    """Shown this once."""


class WebhookCreate(_Request):
    name: str = Field(min_length=1, max_length=128)
    url: str = Field(min_length=1, max_length=2048)
    event_types: Annotated[list[str], Field(min_length=1, max_length=32)] = ["job.*"]


class WebhookUpdate(_Request):
    name: str | None = Field(default=None, min_length=1, max_length=128)
    url: str | None = Field(default=None, min_length=1, max_length=2048)
    event_types: Annotated[list[str], Field(min_length=1, max_length=32)] | None = None
    enabled: bool | None = None


class Webhook(_Answer):
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


class Delivery(_Answer):
    id: str
    object: Literal["webhook.delivery"] = "webhook.delivery"
    webhook: str
    type: str
    state: Literal["pending", "delivered", "failed"]
    tries: int
    status: int | None
    error: str
    created_at: datetime
    next_at: datetime | None
    delivered_at: datetime | None


class AuditEntry(_Answer):
    id: str
    object: Literal["audit"] = "audit"
    time: datetime
    project: str | None
    actor: str
    action: str
    target: str
    ip: str | None
    request_id: str | None
    detail: dict[str, Any]


class Gpu(_Answer):
    uuid: str
    name: str
    memory_bytes: int
    busy: bool


class Worker(_Answer):
    id: str
    object: Literal["worker"] = "worker"
    hostname: str
    version: str
    alive: bool
    draining: bool
    slots: int
    running: int
    executors: list[Executor]
    gpus: list[Gpu]
    started_at: datetime
    heartbeat_at: datetime


class Me(_Answer):
    """Who the caller is."""

    actor: str
    project: str
    role: Role
    platform: bool
    """Whether it may do what concerns all projects."""


class Deleted(_Answer):
    id: str
    object: str
    deleted: Literal[True] = True


# ---------------------------------------------------------------- errors


class ErrorMember(_Answer):
    """The error in the words of OpenAI's clients."""

    message: str
    type: str
    param: str | None = None
    code: str | None = None


class FieldProblem(_Answer):
    where: str
    message: str


class Problem(_Answer):
    """RFC 9457, with an ``error`` member for OpenAI's clients."""

    type: str
    """`urn:cooldown-kit:problem:{code}`; docs/api-problems.md explains each."""
    title: str
    status: int
    detail: str
    code: str
    instance: str | None = None
    where: str | None = None
    remedy: str | None = None
    errors: list[FieldProblem] = []
    request_id: str | None = None
    error: ErrorMember
