"""Planted secrets appear in nothing that a run makes, but in raw records that only their owner can read."""

from __future__ import annotations

import random
import string
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

import cooldown_kit as ck
from cooldown_kit.lineage import trace
from cooldown_kit.records import read_records
from cooldown_kit.run_folder import RunFolder


def _secrets() -> dict[str, str]:
    """Made at run time: no token that looks real stands in this repository."""
    draw = random.Random(11)
    letters = string.ascii_letters + string.digits

    def word(alphabet: str, length: int) -> str:
        return "".join(draw.choices(alphabet, k=length))

    body = "\n".join(word(letters + "+/", 64) for _ in range(12))
    return {
        "aws": "AKIA" + word(string.ascii_uppercase + "234567", 16),
        "key": body,
        "password": word(letters, 8) + "!" + word(letters, 9),
    }


def test_planted_secrets_appear_in_no_document_mixture_report_log_or_event(project: Any) -> None:
    secrets = _secrets()
    pem = f"-----BEGIN RSA PRIVATE KEY-----\n{secrets['key']}\n-----END RSA PRIVATE KEY-----\n"
    settings = f"region = 'eu'\naws_access_key_id = '{secrets['aws']}'\ndatabase = 'postgres://app:{secrets['password']}@db.example.org/app'\n"
    project.commit("deploy/key.py", f"KEY = '''{pem}'''\n", "Add the deploy key", day=3)
    project.commit("deploy/settings.py", settings, f"Set the region\n\nThe key is {secrets['aws']}.", day=4)
    project.commit("deploy/settings.py", "region = 'eu'\n" * 3, "Remove credentials", day=5)
    (project.folder / "handbook" / "access.md").write_text(
        f'# Access\n\nLog in with `password = "{secrets["password"]}"`.\n' * 3
    )
    status, out, err = project.cooldown("run")
    assert status == 0, err
    status, shown, _ = project.cooldown("inspect", "--count", "100", "--lines", "0")
    assert status == 0
    _, plan, _ = project.cooldown("plan", "--json")

    needles = [secrets["aws"], secrets["password"], *secrets["key"].split("\n")]
    (folder,) = (project.workspace / "runs").iterdir()
    run = RunFolder.open(folder)
    raw = [Path(output["path"]) for output in run.stages_of("harvest").values()]

    def clean(text: str) -> bool:
        return not any(needle in text for needle in needles)

    for name, text in {"stdout": out, "stderr": err, "inspect": shown, "plan": plan}.items():
        assert clean(text), name
    store = project.workspace / "store"
    for path in project.workspace.rglob("*"):
        if path.is_file() and store not in path.parents and not any(folder in path.parents for folder in raw):
            assert clean(path.read_bytes().decode("latin-1")), path
            if path.suffix == ".parquet":
                assert clean(str(pq.read_table(path).to_pylist())), path

    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder / "model")
    for sequence in range(run.summary("mix")["rows"]):
        assert clean("".join(tokenizer.decode(piece.token_ids) for piece in trace(run, sequence)))
    assert pa.ipc.open_stream(pa.memory_map(str(run.stage("mix") / "rows.arrow"))).read_all().num_rows

    found = sum(sum(output["summary"]["secrets"].values()) for output in run.stages_of("render").values())
    assert found >= 6
    everything = "".join(
        str(record) for folder in raw for record in read_records(folder / "records.jsonl.zst")
    )
    assert not clean(everything), "the raw records do hold what was planted"
    assert all((folder.stat().st_mode & 0o077) == 0 for folder in [*raw, store])


def test_authors_appear_in_nothing_that_a_model_reads(project: Any) -> None:
    project.commit(
        "src/signed.py", "x = 1\n" * 20, "Sign it\n\nSigned-off-by: Bob Builder <bob@example.org>", day=6
    )
    result = ck.run(ck.Recipe.load(project.recipe))
    rows = pq.read_table(RunFolder.open(result.run_path).stage("curate") / "documents.parquet").to_pylist()
    assert rows
    assert not any(
        word in str(rows) for word in ("ann@example.org", "Ann Author", "bob@example.org", "Bob Builder")
    )
    assert len({author for row in rows for author in row["authors"]}) == 1
