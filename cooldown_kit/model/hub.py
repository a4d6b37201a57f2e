"""Models by name: from the hub's cache on this machine; from the network only where a person allowed it."""

from __future__ import annotations

import os
import re
from pathlib import Path

from cooldown_kit.errors import InputError

ALLOW_DOWNLOADS = "COOLDOWN_ALLOW_DOWNLOADS"
_HUB = "https://huggingface.co"
_HUB_NAME = re.compile(r"([A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*?)(?:@([\w./-]+))?")
_FILES = ["*.json", "*.safetensors", "*.model", "*.txt", "*.jinja"]


def downloads_allowed() -> bool:
    """Whether a person allowed downloads, by the environment variable ``COOLDOWN_ALLOW_DOWNLOADS=1``."""
    return os.environ.get(ALLOW_DOWNLOADS, "") == "1"


def hub_name(spec: str) -> tuple[str, str | None] | None:
    """Name and revision of ``owner/name`` or ``owner/name@revision``; ``None`` where it is neither."""
    match = _HUB_NAME.fullmatch(spec)
    return None if match is None else (match[1], match[2])


def hub_address(spec: str) -> str | None:
    """Where a person finds the model of that name: on the hub that the environment names (``HF_ENDPOINT``)."""
    named = hub_name(spec)
    return None if named is None else f"{os.environ.get('HF_ENDPOINT', _HUB).rstrip('/')}/{named[0]}"


def cached_model(name: str, revision: str | None) -> Path | None:
    """The snapshot folder of a model in the hub's cache, or ``None``. Never reaches for the network."""
    try:
        from huggingface_hub import constants, snapshot_download
        from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError
    except ImportError:
        return None
    try:
        found = snapshot_download(
            name, revision=revision, cache_dir=constants.HF_HUB_CACHE, local_files_only=True
        )
    except (LocalEntryNotFoundError, HFValidationError):
        return None
    return Path(str(found))


def download_model(name: str, revision: str | None) -> Path:
    """Fetch a model into the hub's cache; returns its snapshot folder. Raises :class:`InputError` where that fails."""
    from huggingface_hub import constants, snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError, OfflineModeIsEnabled

    try:
        found = snapshot_download(
            name, revision=revision, cache_dir=constants.HF_HUB_CACHE, allow_patterns=_FILES
        )
    except (HfHubHTTPError, LocalEntryNotFoundError, OfflineModeIsEnabled, OSError) as error:
        raise InputError(
            f"the model {name} cannot be downloaded ({(str(error).strip() or type(error).__name__).splitlines()[0]})",
            where="model",
            remedy="check its name, your network and HF_HUB_OFFLINE; a gated model needs `hf auth login`; "
            "or name a local folder",
        ) from error
    return Path(str(found))


def not_in_cache(name: str, path: Path, *, hint: str) -> InputError:
    """The error of a name that is neither a folder nor a cached model."""
    return InputError(
        f"there is no folder {path}{hint and f' ({hint[2:]})'}, and the hub's cache on this machine has no model {name}",
        where="model",
        remedy=f"correct the path; or fetch the model with `hf download {name}`; "
        f"or set {ALLOW_DOWNLOADS}=1 to let the kit download it",
    )
