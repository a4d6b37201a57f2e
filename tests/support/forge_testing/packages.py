"""Where the fetched packages lie, and their files by name."""

from __future__ import annotations

from pathlib import Path

PINS = Path(__file__).parent / "pins"
PROJECT = Path(__file__).resolve().parents[3]
FOLDER = PROJECT / ".cache" / "forges"
STAMP = FOLDER / ".installed"


def package_file(package: str, path: str) -> Path:
    """The file `path` of a fetched `package` ("@octokit/openapi", "ogr"); says how to get it when it is missing."""
    place = FOLDER / "packages" / package / path
    if not place.exists():
        raise FileNotFoundError(
            f"{place} is missing; run `make forge-packages`, which fetches it with pip and npm"
        )
    return place
