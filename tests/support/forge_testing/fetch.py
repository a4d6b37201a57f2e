"""Brings the packages that the forge tests read into `.cache/forges`: `python tests/support/forge_testing/fetch.py`.

Only pip and npm speak to the outside, with whatever index and certificates they are configured for. Versions and hashes
are pinned in `pins/`, and of each archive only the files named there are unpacked. npm runs no package script. For the
two source archives pip asks their build backend (hatchling) for metadata, as it does for any source archive.
"""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from forge_testing.packages import FOLDER, PINS, STAMP

PYPI_FILES = {
    "ogr": ("tests/integration/*/test_data/*.yaml", "LICENSE"),
    "github3.py": ("tests/cassettes/*.json", "LICENSE"),
    "python_gitlab": ("gitlab/v4/objects/*.py", "gitlab/mixins.py"),
}
NEEDED_NODE = 20


class SetUpError(Exception):
    """The packages could not be brought; the text says what to install or check."""


def main() -> None:
    """Fetch everything that is pinned, into a fresh folder that replaces the old one at the end."""
    check_node()
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=FOLDER, prefix="fetch-") as name:
        scratch = Path(name)
        new = scratch / "new"
        fetch_pypi(scratch / "pypi", new / "packages")
        fetch_npm(scratch / "npm", new / "packages")
        install_simulator(new / "simulator")
        for part in ("packages", "simulator"):
            shutil.rmtree(FOLDER / part, ignore_errors=True)
            (new / part).rename(FOLDER / part)
    STAMP.touch()


def check_node() -> None:
    """Raise with the remedy when npm or a recent enough Node is missing."""
    for command in ("node", "npm"):
        if shutil.which(command) is None:
            raise SetUpError(
                f"`{command}` is not installed; the forge tests need Node.js {NEEDED_NODE} or newer with npm "
                "(they run a GitHub simulator and read published API descriptions)"
            )
    version = run(["node", "--version"], Path.cwd()).strip()
    if int(version.removeprefix("v").split(".")[0]) < NEEDED_NODE:
        raise SetUpError(f"Node.js {version} is too old; the forge tests need {NEEDED_NODE} or newer")


def fetch_pypi(downloads: Path, target: Path) -> None:
    """Download the pinned archives of `pins/pypi.txt` and unpack what `PYPI_FILES` names of each."""
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
    sources = ["--no-binary", "ogr,github3.py", "--dest", str(downloads)]
    run([*pip, *sources, "--requirement", str(PINS / "pypi.txt")], Path.cwd())
    for package, patterns in PYPI_FILES.items():
        [archive] = downloads.glob(f"{package}-*")
        unpack(archive, target / package, patterns)


def fetch_npm(downloads: Path, target: Path) -> None:
    """Download the pinned tarballs of `pins/npm.json`, check them, and unpack the files named there."""
    downloads.mkdir()
    pins = json.loads((PINS / "npm.json").read_text(encoding="utf-8"))
    for spec, pin in pins.items():
        reply = run(["npm", "pack", "--json", "--ignore-scripts", spec], downloads)
        archive = downloads / only_file_name(reply, downloads)
        digest = hashlib.sha512(archive.read_bytes()).digest()
        if f"sha512-{base64.b64encode(digest).decode()}" != pin["integrity"]:
            raise SetUpError(f"{spec}: the tarball is not the one that was pinned in {PINS / 'npm.json'}")
        unpack(archive, target / spec.rpartition("@")[0], tuple(pin["files"]))
        archive.unlink()


def only_file_name(reply: str, folder: Path) -> str:
    """The tarball that `npm pack` just wrote: older and newer npm shape their answer differently, the folder does not."""
    names = [path.name for path in folder.glob("*.tgz")]
    if len(names) != 1:
        raise SetUpError(f"npm pack wrote {names} in place of one tarball: {reply[:500]}")
    return names[0]


def install_simulator(target: Path) -> None:
    """Install the GitHub simulator and what it needs, exactly as the lock file says, without running any script."""
    target.mkdir(parents=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(PINS / "simulator" / name, target / name)
    run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], target)


def unpack(archive: Path, target: Path, patterns: tuple[str, ...]) -> None:
    """Write the files of `archive` that match, without their top folder; every pattern has to match something."""
    used = set()
    for path, content in members(archive):
        inner = path if archive.suffix == ".whl" else path.partition("/")[2]
        matching = {pattern for pattern in patterns if fnmatchcase(inner, pattern)}
        if matching:
            place = (target / inner).resolve()
            if not place.is_relative_to(target.resolve()):
                raise SetUpError(f"{archive.name}: {path} would be written outside {target}")
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content())
        used |= matching
    if missing := set(patterns) - used:
        raise SetUpError(f"{archive.name}: nothing in it matches {', '.join(sorted(missing))}")


def members(archive: Path) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """Path and reader of each plain file; links, devices and unsafe names are left out or refused by tarfile's rules."""
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            for entry in wheel.infolist():
                yield entry.filename, partial(wheel.read, entry)
        return
    with tarfile.open(archive) as tar:
        for member in tar:
            if member.isfile():
                safe = tarfile.data_filter(member, str(FOLDER))
                yield safe.name, partial(read_member, tar, member)


def read_member(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    """The bytes of a plain file in a tar archive."""
    stream = tar.extractfile(member)
    assert stream is not None, member.name
    return stream.read()


def run(command: list[str], folder: Path) -> str:
    """The output of a command; what it complained of becomes the error."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SetUpError(f"`{' '.join(command)}` failed:\n{done.stdout[-1000:]}{done.stderr[-3000:]}")
    return done.stdout


if __name__ == "__main__":
    try:
        main()
    except SetUpError as error:
        sys.exit(f"forge packages: {error}")
