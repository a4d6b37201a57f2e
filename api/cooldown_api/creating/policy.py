"""What the recipes of a project may reach, and where their relative paths begin: the same at submission and in the child."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path

from cooldown_api.artefacts import local_folder
from cooldown_api.settings import Settings
from cooldown_kit.guard import Policy
from cooldown_kit.guard.paths import PACKAGE
from cooldown_kit.model.hub import hub_address


def policy_of(settings: Settings, project: str) -> Policy:
    """The operator's policy. A project sees its own folder of secrets only, and may always read its own uploads and results and the models that the operator named."""
    sources = settings.sources
    urls, models = _of_models(settings)
    return Policy(
        urls=(*sources.urls, *urls),
        private_hosts=tuple(sources.private_hosts),
        roots=(*sources.roots, *_own_folders(settings, project), *models),
        secrets_dir=sources.secrets_dir / project if sources.secrets_dir else None,
        references=sources.references,
        environment_proxy=sources.environment_proxy,
    )


def _own_folders(settings: Settings, project: str) -> tuple[Path, ...]:
    """Where uploads and, on a shared path, results of the project lie."""
    files = settings.files_folder(project)
    results = local_folder(settings.artefacts_url)
    return (files,) if results is None else (files, results / project)


def _of_models(settings: Settings) -> tuple[list[str], list[Path]]:
    """Addresses and folders of the base models that have a name here."""
    urls, folders = [], []
    for place in settings.models.values():
        path = Path(place).expanduser()
        if place.startswith(PACKAGE):
            folders += package_folders(place.removeprefix(PACKAGE).partition("/")[0])
        elif path.is_absolute():
            folders.append(path)
        elif (address := hub_address(place)) is not None:
            urls.append(address)
    return urls, folders


@cache
def package_folders(name: str) -> list[Path]:
    """The folders of an installed package, found without importing it; none where it is not installed."""
    try:
        found = find_spec(name) if name.isidentifier() else None
    except (ImportError, ValueError):
        found = None
    return [Path(place) for place in found.submodule_search_locations or ()] if found else []


def recipe_folder(settings: Settings, project: str) -> Path:
    """What relative paths of a recipe are relative to: the first root, since a recipe that comes over the network has no folder.

    Without roots it is a folder that no root contains, so that every local path is refused.
    """
    roots = settings.sources.roots
    return roots[0].expanduser().absolute() if roots else settings.project_dir(project) / "no-roots"
