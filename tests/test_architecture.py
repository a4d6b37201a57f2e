"""Who may import whom: data flows one way, no circle, no arrow back up."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
CORE = ROOT / "cooldown_kit"
STAGES = {"render", "curate", "mix", "train", "evaluate", "report"}
ORDER_KNOWERS = {
    "pipeline.py",
    "stages.py",
    "speeds.py",
    "gather.py",
    "preflight.py",
    "findings.py",
    "planned_samples.py",
    "recipe.py",
    "samples.py",
    "layout_samples.py",
    "lineage.py",
}


def imports_of(path: Path, *, deferred: bool = True) -> set[str]:
    """Modules that a file imports; without ``deferred`` only those imported when it is loaded."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = ast.walk(tree) if deferred else iter(tree.body)
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


CORE_FILES = sorted(CORE.rglob("*.py"))


@pytest.mark.parametrize("path", CORE_FILES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_the_core_imports_no_connector_and_no_api(path: Path) -> None:
    assert not {m for m in imports_of(path) if m.startswith(("cooldown_connectors", "cooldown_api"))}


@pytest.mark.parametrize("stage", sorted(STAGES))
def test_a_stage_imports_no_other_stage(stage: str) -> None:
    for path in (CORE / stage).rglob("*.py"):
        others = {m.split(".")[1] for m in imports_of(path) if m.startswith("cooldown_kit.")} & (
            STAGES - {stage}
        )
        assert not others - ({"evaluate"} if stage == "report" else set()), f"{path.name} imports {others}"


@pytest.mark.parametrize("stage", sorted(STAGES | {"model"}))
def test_no_stage_imports_the_pipeline_or_the_cli(stage: str) -> None:
    above = (
        "cooldown_kit.pipeline",
        "cooldown_kit.gather",
        "cooldown_kit.cli",
        "cooldown_kit.preflight",
        "cooldown_kit.recipe",
    )
    for path in (CORE / stage).rglob("*.py"):
        assert not {m for m in imports_of(path) if m.startswith(above)}, path.name


def test_only_the_pipeline_and_its_readers_import_stages() -> None:
    for path in [*CORE.glob("*.py"), *(CORE / "records").glob("*.py")]:
        stages = {m for m in imports_of(path) if m.startswith("cooldown_kit.") and m.split(".")[1] in STAGES}
        assert not stages or path.name in ORDER_KNOWERS, f"{path.name} imports {stages}"


@pytest.mark.parametrize("command", [["--help"], ["connectors"], ["options"], ["init", "--help"]])
def test_help_and_listings_need_no_torch(command: list[str]) -> None:
    code = (
        "import sys; from cooldown_kit.cli.main import call; call(sys.argv[1:]);"
        "heavy = {'torch', 'transformers', 'pandas', 'plotly', 'git', 'datasets'} & set(sys.modules); sys.exit(len(heavy))"
    )
    done = subprocess.run([sys.executable, "-c", code, *command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_run_begins_without_what_its_later_stages_need() -> None:
    """What is wrong with a recipe or a source is said before seconds go into imports; pandas comes with `pyarrow.dataset`."""
    code = (
        "import sys, cooldown_kit.pipeline;"
        "heavy = {'torch', 'transformers', 'pandas', 'plotly', 'git', 'datasets'} & set(sys.modules); sys.exit(', '.join(heavy) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_help_answers_in_under_half_a_second() -> None:
    """Processor time of the fastest of five, so that a busy machine does not decide."""
    code = "import os, sys; from cooldown_kit.cli.main import call; call(['--help']); t = os.times(); print(t.user + t.system, file=sys.stderr)"
    times = [
        float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stderr)
        for _ in range(5)
    ]
    assert min(times) < 0.5


def test_importing_the_package_costs_nothing_and_names_the_public_surface() -> None:
    code = "import sys, cooldown_kit as ck; sys.exit('pydantic' in sys.modules or not callable(ck.run) or not callable(ck.plan))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# ---------------------------------------------------------------- the service

API = ROOT / "api" / "cooldown_api"
API_FILES = sorted(API.rglob("*.py"))
ABOVE = {
    "database": {
        "jobs",
        "creating",
        "reading",
        "streaming",
        "operations",
        "routes",
        "openai",
        "ui",
        "worker",
        "http",
        "auth",
    },
    "jobs": {
        "creating",
        "reading",
        "streaming",
        "operations",
        "routes",
        "openai",
        "ui",
        "worker",
        "http",
        "auth",
        "files",
    },
    "reading": {"creating", "operations", "routes", "openai", "ui", "worker", "files"},
    "retention": {
        "jobs",
        "creating",
        "reading",
        "streaming",
        "operations",
        "routes",
        "openai",
        "ui",
        "worker",
        "http",
        "auth",
        "files",
    },
    "creating": {"operations", "routes", "openai", "ui", "worker", "reading", "files"},
    "streaming": {"operations", "routes", "openai", "ui", "worker", "creating"},
    "files": {"operations", "routes", "openai", "ui", "worker", "reading"},
    "http": {
        "jobs",
        "creating",
        "reading",
        "operations",
        "routes",
        "openai",
        "ui",
        "worker",
        "auth",
        "files",
    },
    "webhooks": {"operations", "routes", "openai", "ui", "worker", "creating", "reading"},
    "worker": {"operations", "routes", "openai", "ui", "reading", "streaming", "http", "auth"},
    "operations": {"routes", "openai", "ui", "worker", "http"},
    "routes": {"openai", "ui", "worker"},
    "openai": {"ui", "worker", "routes"},
    "ui": {"routes", "openai", "worker"},
}
"""Part of the service → the parts that it must know nothing of."""


def names_of(path: Path) -> str:
    parts = path.relative_to(API).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@pytest.mark.parametrize("part", sorted(ABOVE))
def test_a_part_of_the_service_knows_nothing_of_those_above(part: str) -> None:
    for path in (API / part).rglob("*.py"):
        known = {m.split(".")[1] for m in imports_of(path) if m.startswith("cooldown_api.")}
        assert not known & ABOVE[part], f"{path.relative_to(API)} imports {known & ABOVE[part]}"


def test_no_file_of_the_service_imports_in_a_circle() -> None:
    files = {names_of(path): path for path in API_FILES}
    arrows = {
        name: {
            m.removeprefix("cooldown_api.")
            for m in imports_of(path, deferred=False)
            if m.startswith("cooldown_api.") and m.removeprefix("cooldown_api.") in files
        }
        - {name}
        for name, path in files.items()
    }
    done: set[str] = set()

    def visit(name: str, way: tuple[str, ...]) -> None:
        assert name not in way, " → ".join((*way, name))
        if name not in done:
            for target in sorted(arrows[name]):
                visit(target, (*way, name))
            done.add(name)

    for name in arrows:
        visit(name, ())


@pytest.mark.parametrize("folder", ["client", "engine", "guard"])
def test_what_the_service_shares_with_the_core_knows_no_stage(folder: str) -> None:
    """All but ``engine/works.py`` and ``engine/outcome.py``, which are the work itself."""
    for path in (CORE / folder).rglob("*.py"):
        if path.name in ("works.py", "outcome.py"):
            continue
        stages = {m.split(".")[1] for m in imports_of(path) if m.startswith("cooldown_kit.")} & STAGES
        assert not stages, f"{path.name} imports {stages}"


def test_the_worker_and_the_api_never_import_torch_or_ray() -> None:
    code = (
        "import sys; import cooldown_api.app, cooldown_api.worker.main, cooldown_api.commands.serving;"
        "from cooldown_api.settings import Settings; cooldown_api.app.create_app(Settings()).openapi();"
        "heavy = {'torch', 'transformers', 'ray', 'datasets', 'pandas'} & set(sys.modules); print(heavy); sys.exit(len(heavy))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
