"""The shapes of the REST API. The server answers with these models, the client reads them: one declaration for both.

What comes from a server keeps fields that this version does not know yet; what goes to one is strict.
"""

from __future__ import annotations

from cooldown_kit.client.wire.artefacts import Artefact, Checkpoint
from cooldown_kit.client.wire.audit import AuditEntry
from cooldown_kit.client.wire.bodies import Deleted, Page
from cooldown_kit.client.wire.datasets import Dataset, DatasetCreate
from cooldown_kit.client.wire.events import Event, LogLine, MetricPoint, Metrics
from cooldown_kit.client.wire.health import Health, Readiness
from cooldown_kit.client.wire.jobs import Attempt, Job, JobCreate, JobDetail, JobError, JobRerun, Progress
from cooldown_kit.client.wire.keys import Key, KeyCreate, KeyCreated, Me
from cooldown_kit.client.wire.lineages import Lineage, LineageEdge, LineageNode
from cooldown_kit.client.wire.names import (
    LABEL_KEYS,
    DatasetReference,
    Executor,
    Kind,
    Labels,
    Name,
    RecipeContent,
    Role,
)
from cooldown_kit.client.wire.plans import PlanCreate
from cooldown_kit.client.wire.problems import ErrorMember, FieldProblem, Problem
from cooldown_kit.client.wire.projects import Project, ProjectCreate, ProjectUpdate, UsageReport
from cooldown_kit.client.wire.queue_places import Holder, QueuePlace, Wait
from cooldown_kit.client.wire.recipes import CheckedRecipe, OptionDescription, RecipeCheck
from cooldown_kit.client.wire.results import JobResult, SuiteResult
from cooldown_kit.client.wire.studies import Study, StudyCell, StudyCreate
from cooldown_kit.client.wire.webhooks import Delivery, Webhook, WebhookCreate, WebhookCreated, WebhookUpdate
from cooldown_kit.client.wire.workers import Gpu, Worker

__all__ = [
    "LABEL_KEYS",
    "Artefact",
    "Attempt",
    "AuditEntry",
    "CheckedRecipe",
    "Checkpoint",
    "Dataset",
    "DatasetCreate",
    "DatasetReference",
    "Deleted",
    "Delivery",
    "ErrorMember",
    "Event",
    "Executor",
    "FieldProblem",
    "Gpu",
    "Health",
    "Holder",
    "Job",
    "JobCreate",
    "JobDetail",
    "JobError",
    "JobRerun",
    "JobResult",
    "Key",
    "KeyCreate",
    "KeyCreated",
    "Kind",
    "Labels",
    "Lineage",
    "LineageEdge",
    "LineageNode",
    "LogLine",
    "Me",
    "MetricPoint",
    "Metrics",
    "Name",
    "OptionDescription",
    "Page",
    "PlanCreate",
    "Problem",
    "Progress",
    "Project",
    "ProjectCreate",
    "ProjectUpdate",
    "QueuePlace",
    "Readiness",
    "RecipeCheck",
    "RecipeContent",
    "Role",
    "Study",
    "StudyCell",
    "StudyCreate",
    "SuiteResult",
    "UsageReport",
    "Wait",
    "Webhook",
    "WebhookCreate",
    "WebhookCreated",
    "WebhookUpdate",
    "Worker",
]
