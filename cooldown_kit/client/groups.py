"""``client.datasets`` and ``client.studies``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from cooldown_kit.client import wire
from cooldown_kit.client.actions import Flow
from cooldown_kit.client.call import segment
from cooldown_kit.client.endpoint import Listing, endpoint, listing
from cooldown_kit.client.recipes import RecipeLike, recipe_content
from cooldown_kit.client.resource import AwaitingCalls, BlockingCalls, Calls


class _Datasets(Calls):
    @endpoint
    def create(
        self,
        name: str,
        recipe: RecipeLike,
        *,
        overrides: Sequence[str] = (),
        priority: int = 50,
        metadata: Mapping[str, str] | None = None,
        idempotency_key: str | None = None,
    ) -> Flow[wire.Dataset]:
        """Begin to make the next version of a dataset; ``client.jobs.get(dataset.job).wait()`` waits for it."""
        body = {
            "name": name,
            "recipe": recipe_content(recipe, overrides),
            "priority": priority,
            "metadata": dict(metadata or {}),
        }
        return self._post("/v1/datasets", wire.Dataset, body, idempotency_key)

    @endpoint
    def get(self, reference: str) -> Flow[wire.Dataset]:
        """``billing`` (its newest version) or ``billing@v3``. Raises :class:`NotFound`."""
        return self._ask("GET", f"/v1/datasets/{segment(reference)}", wire.Dataset)

    @listing
    def list(self, *, name: str | None = None, limit: int | None = None) -> Listing[wire.Dataset]:
        """Versions, newest first; of one name only, where it is given."""
        return self._list("/v1/datasets", wire.Dataset, {"name": name}, limit=limit)

    @endpoint
    def delete(self, reference: str) -> Flow[wire.Deleted]:
        """One version, ``billing@v3``. Raises :class:`Conflict` while jobs use it."""
        return self._ask("DELETE", f"/v1/datasets/{segment(reference)}", wire.Deleted)


class _Studies(Calls):
    @endpoint
    def create(
        self,
        name: str,
        recipe: RecipeLike,
        arms: Mapping[str, Mapping[str, Any]],
        *,
        seeds: Sequence[int] = (17,),
        dataset: str | wire.Dataset | None = None,
        gpus: int | Literal["auto"] = "auto",
        priority: int = 50,
        metadata: Mapping[str, str] | None = None,
        idempotency_key: str | None = None,
    ) -> Flow[wire.Study]:
        """Run every arm with every seed, one job each. An arm is what differs: ``{"no-code": {"mix.code_share": 0}}``."""
        body: dict[str, Any] = {
            "name": name,
            "recipe": recipe_content(recipe),
            "arms": {arm: dict(options) for arm, options in arms.items()},
            "seeds": [*seeds],
            "gpus": gpus,
            "priority": priority,
            "metadata": dict(metadata or {}),
        }
        if dataset is not None:
            body["dataset"] = dataset.reference if isinstance(dataset, wire.Dataset) else dataset
        return self._post("/v1/studies", wire.Study, body, idempotency_key)

    @endpoint
    def get(self, id: str) -> Flow[wire.Study]:
        """One study, with how its jobs stand. Raises :class:`NotFound`."""
        return self._ask("GET", f"/v1/studies/{segment(id)}", wire.Study)

    @listing
    def list(self, *, limit: int | None = None) -> Listing[wire.Study]:
        """Newest first."""
        return self._list("/v1/studies", wire.Study, limit=limit)

    @endpoint
    def cancel(self, id: str) -> Flow[wire.Study]:
        """Cancel all of its jobs that have not ended."""
        return self._ask("POST", f"/v1/studies/{segment(id)}/cancel", wire.Study)


class Datasets(_Datasets, BlockingCalls):
    """``client.datasets``: named versions of harvest and curation."""


class AsyncDatasets(_Datasets, AwaitingCalls):
    """``client.datasets`` of the awaiting client."""


class Studies(_Studies, BlockingCalls):
    """``client.studies``: arms times seeds."""


class AsyncStudies(_Studies, AwaitingCalls):
    """``client.studies`` of the awaiting client."""
