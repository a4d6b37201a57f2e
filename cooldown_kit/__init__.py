"""cooldown-kit: cool a language model down on your own code, commits and text, and prove what changed.

The public surface is what ``__all__`` names. Everything is loaded when it is first used, so that importing the package
costs nothing and needs no torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOMES = {
    "AsyncClient": "cooldown_kit.client.client",
    "AsyncJob": "cooldown_kit.client.job",
    "Client": "cooldown_kit.client.client",
    "CooldownError": "cooldown_kit.errors",
    "Dataset": "cooldown_kit.dataset",
    "Harvest": "cooldown_kit.pipeline",
    "Job": "cooldown_kit.client.job",
    "JobCancelled": "cooldown_kit.client.errors",
    "JobFailed": "cooldown_kit.client.errors",
    "Plan": "cooldown_kit.preflight",
    "Recipe": "cooldown_kit.recipe",
    "Result": "cooldown_kit.pipeline",
    "WaitTimeout": "cooldown_kit.client.errors",
    "Workspace": "cooldown_kit.workspace",
    "estimate_harvest": "cooldown_kit.pipeline",
    "events": "cooldown_kit",
    "harvest": "cooldown_kit.pipeline",
    "keep_dataset": "cooldown_kit.pipeline",
    "plan": "cooldown_kit.pipeline",
    "run": "cooldown_kit.pipeline",
}
__all__ = [*sorted(_HOMES), "__version__"]

if TYPE_CHECKING:
    from cooldown_kit import events as events
    from cooldown_kit.client.client import AsyncClient as AsyncClient
    from cooldown_kit.client.client import Client as Client
    from cooldown_kit.client.errors import JobCancelled as JobCancelled
    from cooldown_kit.client.errors import JobFailed as JobFailed
    from cooldown_kit.client.errors import WaitTimeout as WaitTimeout
    from cooldown_kit.client.job import AsyncJob as AsyncJob
    from cooldown_kit.client.job import Job as Job
    from cooldown_kit.dataset import Dataset as Dataset
    from cooldown_kit.errors import CooldownError as CooldownError
    from cooldown_kit.pipeline import Harvest as Harvest
    from cooldown_kit.pipeline import Result as Result
    from cooldown_kit.pipeline import estimate_harvest as estimate_harvest
    from cooldown_kit.pipeline import harvest as harvest
    from cooldown_kit.pipeline import keep_dataset as keep_dataset
    from cooldown_kit.pipeline import plan as plan
    from cooldown_kit.pipeline import run as run
    from cooldown_kit.preflight import Plan as Plan
    from cooldown_kit.recipe import Recipe as Recipe
    from cooldown_kit.workspace import Workspace as Workspace


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return import_module(f"{home}.{name}") if name == "events" else getattr(import_module(home), name)
