"""The stages up to the planned mixture, in their order: harvest → render → curate → tokenise, or a pinned dataset → tokenise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cooldown_kit import __version__, stages
from cooldown_kit import connector as connectors
from cooldown_kit.dataset import Dataset, open_dataset
from cooldown_kit.errors import Stopped
from cooldown_kit.events import Emit, Event, StageFinished, StageStarted, ignore
from cooldown_kit.extras import require_train
from cooldown_kit.model.facts import read_facts
from cooldown_kit.model.locate import LocalModel, RandomModel, locate
from cooldown_kit.model.resolve import ModelFolder, check_model, prepare_model
from cooldown_kit.model.tokenizer import special_token_names
from cooldown_kit.recipe import Recipe
from cooldown_kit.stages import Prepared, Sources
from cooldown_kit.waiting import Waiting
from cooldown_kit.workspace import StageOutput, Workspace, digest_of, storage_error


@dataclass(frozen=True)
class Preparation:
    """A recipe in its workspace, and what makes documents and tokens of it."""

    recipe: Recipe
    """As the pinned dataset settles it, if there is one."""
    dataset: Dataset | None
    workspace: Workspace

    @classmethod
    def of(
        cls, recipe: Recipe, emit: Emit, should_stop: Callable[[], bool], *, wait_for_locks: bool
    ) -> Preparation:
        """Opens the workspace and the dataset. Raises what :func:`~cooldown_kit.dataset.open_dataset` raises."""
        settled, dataset = open_dataset(recipe)
        wait = Waiting(emit, should_stop) if wait_for_locks else None
        return cls(settled, dataset, Workspace(recipe.workspace_path, wait=wait))

    def check(self, emit: Emit) -> None:
        """Everything that can be checked in seconds, before anything costs: what is installed, every source, the model."""
        require_train()
        self.check_sources(emit)
        check_model(self.recipe.model, self.recipe.folder)
        if self.recipe.mix.shares is not None:
            # sizes do not matter yet: unknown names and double claims are found before anything is harvested
            families = self.families()
            sizes = {name: {"tokens": 10**15, "documents": 1} for name in families}
            stages.plan_shares(self.recipe, families, sizes, context_length=10**9)

    def check_sources(self, emit: Emit) -> None:
        """Whether every source can be read; nothing where a dataset is pinned."""
        if self.dataset is None:
            for name, options in self.recipe.sources.items():
                context = stages.harvest_context(self.recipe, self.workspace, name, emit)
                connectors.find(options.connector).check(options, context)

    def update_sources(self, emit: Emit) -> None:
        """Once a run: all that follows speaks of one state of each source."""
        if self.dataset is not None:
            return
        try:
            for name, options in self.recipe.sources.items():
                stages.update(self.recipe, self.workspace, name, options, emit)
        except OSError as error:  # what is kept of a source lies beside the stages
            raise storage_error(error, self.workspace.root) from error

    def families(self) -> dict[str, str]:
        """Stream → family, of the dataset or of what the sources will give."""
        return dict(self.dataset.streams) if self.dataset else stages.families(self.recipe)

    def model(self, emit: Emit) -> ModelFolder:
        """The base model as a folder of ``transformers``."""
        recipe = self.recipe
        return prepare_model(
            recipe.model, folder=recipe.folder, workspace=self.workspace, emit=emit, seed=recipe.seed
        )

    def prepare(self, model: ModelFolder, emit: Emit) -> Prepared:
        """Harvest, render, curate, tokenise and plan the mixture; every step is found if it was done before."""
        facts = read_facts(model.path)
        sources, curated = self.documents(model, emit)
        tokens = stages.tokenise(self.recipe, self.workspace, model, curated, emit)
        mixture = stages.plan_shares(
            self.recipe, self.families(), tokens.summary["streams"], context_length=facts.context_length
        )
        return Prepared(model, facts, sources, curated, tokens, mixture, self.dataset)

    def documents(self, model: ModelFolder | None, emit: Emit) -> tuple[Sources, StageOutput]:
        """Every source's harvest and rendered documents, and the curated documents of all; or those of the dataset."""
        if self.dataset is not None:
            return _pinned(self.dataset, emit)
        recipe, workspace, sources = self.recipe, self.workspace, {}
        special = self._special_tokens(model, emit)
        for name, options in recipe.sources.items():
            records = stages.harvest(recipe, workspace, name, options, emit)
            rendered = stages.render(recipe, workspace, name, options, records, special, emit)
            sources[name] = (records, rendered)
        return sources, stages.curate(recipe, workspace, [rendered for _, rendered in sources.values()], emit)

    def _special_tokens(self, model: ModelFolder | None, emit: Emit) -> frozenset[str]:
        """The special tokens of the model's tokenizer, where the recipe's layouts may use them.

        Their names stand in ``tokenizer.json``. Only a model that is a GGUF file, or has yet to be downloaded, must be prepared for them.
        """
        if not self.recipe.render.special_tokens:
            return frozenset()
        found = locate(self.recipe.model, self.recipe.folder)
        if isinstance(found, RandomModel):
            folder = found.tokenizer
        elif isinstance(found, LocalModel):
            folder = found.path
        else:
            require_train()
            folder = (model or self.model(emit)).path
        return frozenset(special_token_names(folder))

    def run_key(self, model: ModelFolder) -> str:
        """Changes with the recipe, with what the sources hold now or the dataset, with the model, and with the kit."""
        recipe = self.recipe.model_dump(
            mode="json", exclude={"dataset"}
        )  # what it holds counts, not where it is
        data = {"dataset": self.dataset.digest} if self.dataset else self._fingerprints()
        return digest_of([__version__, stages.VERSIONS, recipe, data, model.digest])

    def _fingerprints(self) -> dict[str, dict[str, object]]:
        found = {}
        for name, options in self.recipe.sources.items():
            context = stages.harvest_context(self.recipe, self.workspace, name, ignore)
            found[name] = dict(connectors.find(options.connector).fingerprint(options, context))
        return found


def _pinned(dataset: Dataset, emit: Emit) -> tuple[Sources, StageOutput]:
    name = dataset.path.name
    emit(StageStarted(stage="dataset", detail=name))
    emit(StageFinished(stage="dataset", detail=name, seconds=0.0, cached=True, summary=dict(dataset.summary)))
    return dataset.sources, dataset.curated


def stoppable(emit: Emit, should_stop: Callable[[], bool]) -> Emit:
    """An ``emit`` at which a run can be stopped: stages emit often, and leave nothing half-written when it raises.

    Training is left out: it saves a checkpoint first and stops by itself.
    """

    def emit_or_stop(event: Event) -> None:
        emit(event)
        if event.stage != "train" and should_stop():
            raise Stopped(
                "the run was stopped",
                where=f"stage {event.stage}",
                remedy="run it again: it continues after the last finished stage",
            )

    return emit_or_stop
