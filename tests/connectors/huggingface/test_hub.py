"""What the hub and the network may do, and what becomes of it; where the token goes, and where it never does."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from cooldown_connectors.huggingface.cache import digest
from cooldown_connectors.huggingface.errors import Answered
from cooldown_connectors.huggingface.hub import Hub

from cooldown_kit.errors import InputError, StorageError
from cooldown_kit.store import entries

CONTENT = b"".join(b'{"text": "row %d"}\n' % number for number in range(2000))


@pytest.fixture
def notes(hub) -> str:
    return hub.add("acme/notes", {"a.jsonl": CONTENT})


@pytest.fixture
def token(hub, monkeypatch) -> str:
    monkeypatch.setenv("ACME_TOKEN", hub.token)
    return "env:ACME_TOKEN"


def test_a_download_that_is_cut_goes_on_where_it_ended(setting, hub, notes) -> None:
    hub.cuts = [1000, 0, 5000]
    assert len(setting.harvest().pages) == 2000
    ranges = [request.headers.get("range") for request in hub.requests if request.server == "storage"]
    assert ranges == [None, "bytes=1000-", "bytes=1000-", "bytes=6000-"]


def test_a_download_that_never_goes_on_ends_with_what_to_do(setting, hub, notes) -> None:
    hub.cuts = [1000, *[0] * 100]
    with pytest.raises(InputError, match="cut") as caught:
        setting.harvest()
    assert caught.value.remedy
    hub.cuts = []
    assert len(setting.harvest().pages) == 2000


def test_a_run_that_is_killed_leaves_files_whole_or_absent_and_the_next_one_goes_on(
    setting, hub, tmp_path: Path
) -> None:
    content = CONTENT * 50
    hub.add("acme/notes", {"a.jsonl": content})
    program = textwrap.dedent("""
        import os, signal, sys
        from pathlib import Path
        from cooldown_connectors.huggingface import HuggingFaceConnector, HuggingFaceOptions
        from cooldown_connectors.huggingface import hub
        from cooldown_kit.connector import HarvestContext
        url, folder = sys.argv[1:]
        go_on = hub.Hub._go_on
        def killed(self, dataset, commit, file, to, start, on_bytes):
            def until(held):
                if held >= 100_000:
                    os.kill(os.getpid(), signal.SIGKILL)
            go_on(self, dataset, commit, file, to, start, until)
        hub.Hub._go_on = killed
        options = HuggingFaceOptions(connector="huggingface", dataset="acme/notes", endpoint=url)
        context = HarvestContext(source="web", folder=Path(folder), store=Path(folder) / "store", emit=lambda event: None)
        list(HuggingFaceConnector().harvest(options, context))
    """)
    done = subprocess.run([sys.executable, "-c", program, hub.url, str(tmp_path)], check=False)
    assert done.returncode == -signal.SIGKILL
    (partial,) = [path for path in setting.files() if path.parent.name == "blobs"]
    assert partial.name.endswith(".partial")
    assert 0 < partial.stat().st_size < len(content)
    held = partial.stat().st_size
    hub.requests.clear()
    assert len(setting.harvest().pages) == 100_000
    assert [r.headers.get("range") for r in hub.requests if r.server == "storage"] == [f"bytes={held}-"]
    (blob,) = [path for path in setting.files() if path.parent.name == "blobs"]
    assert blob.read_bytes() == content
    assert digest(blob, large=True) == blob.name.removeprefix("sha256-")


def test_a_file_that_arrives_damaged_is_fetched_again_and_never_kept(setting, hub, notes) -> None:
    hub.spoilt = 1
    assert len(setting.harvest().pages) == 2000
    hub.add("acme/notes", {"b.jsonl": CONTENT + CONTENT})
    hub.spoilt = 2
    with pytest.raises(InputError, match="damaged, twice"):
        setting.harvest()
    assert len([path for path in setting.files() if path.parent.name == "blobs"]) == 1


def test_small_files_are_checked_by_gits_name(setting, hub) -> None:
    hub.add("acme/notes", {"a.jsonl": b'{"text": "small"}', "empty.jsonl": b""})
    assert setting.harvest().texts == ["small"]
    names = {path.name.partition("-")[0] for path in setting.files() if path.parent.name == "blobs"}
    assert names == {"git"}


def test_what_the_workspace_keeps_is_its_owners_alone(setting, hub, notes) -> None:
    setting.harvest()
    folders = [path for path in (setting.folder / "store").rglob("*") if path.is_dir()]
    assert folders
    assert all(path.stat().st_mode & 0o077 == 0 for path in folders if path.name in ("blobs", "commits"))


@pytest.mark.parametrize(
    ("status", "headers", "seconds"),
    [
        (503, {"Retry-After": "7"}, 7),
        (429, {"Retry-After": "7"}, 7),
        (429, {"RateLimit": '"api";r=0;t=55'}, 56),
        (429, {"RateLimit": '"api";r=12;t=55'}, 1),
        (500, {"RateLimit": '"api";r=0;t=55'}, 1),
        (502, {}, 1),
    ],
)
def test_what_passes_is_waited_for(status: int, headers: dict[str, str], seconds: float, hub, notes) -> None:
    hub.statuses = [(status, headers)]
    waited: list[float] = []
    with Hub(hub.url, None, wait=lambda seconds, why: waited.append(seconds)) as asked:
        assert asked.commit("acme/notes", "main") == notes
    assert waited == [seconds]


def test_what_does_not_pass_ends_with_what_to_do(setting, hub, notes) -> None:
    hub.statuses = [(503, {})] * 50
    with pytest.raises(InputError, match="status 503") as caught:
        setting.check()
    assert caught.value.remedy
    hub.statuses = [(429, {"Retry-After": "86400"})]
    with pytest.raises(InputError, match="status 429"):
        setting.check()
    assert hub.statuses == []


def test_pages_of_the_listing_are_asked_of_the_endpoint_whatever_host_they_name(setting, hub) -> None:
    hub.add("acme/notes", {f"{number:03}.jsonl": b'{"text": "row %d"}' % number for number in range(25)})
    hub.page, hub.next_host = 10, "https://hub.example.com"
    assert len(setting.harvest().pages) == 25
    assert len([path for path in hub.asked if "/tree/" in path]) == 3


def test_a_set_that_was_renamed_is_found(setting, hub, notes) -> None:
    hub.renamed["acme/memos"] = "acme/notes"
    assert len(setting.harvest(dataset="acme/memos").pages) == 2000


def test_the_token_goes_to_the_hub_and_to_no_other_server(setting, hub, notes, token) -> None:
    hub.sets["acme/notes"].private = True
    setting.check(token=token)
    assert len(setting.harvest(token=token).pages) == 2000
    sent = {(request.server, request.headers.get("authorization")) for request in hub.requests}
    assert sent == {("hub", f"Bearer {hub.token}"), ("storage", None)}


def test_the_token_stands_in_no_file_event_error_or_option(setting, hub, notes, token, monkeypatch) -> None:
    hub.sets["acme/notes"].private = True
    setting.harvest(token=token)
    shown = [
        repr(setting.events),
        repr(setting.options(token=token)),
        json.dumps(setting.fingerprint(token=token)),
    ]
    monkeypatch.setenv("ACME_TOKEN", "hf_old_token_that_is_no_good")
    with pytest.raises(InputError, match="does not accept the token") as caught:
        setting.check(token=token, revision="dev")
    shown.append(f"{caught.value!r} {caught.value.remedy} {caught.value.__cause__!r}")
    assert not [text for text in shown if "hf_" in text]
    assert not [path for path in setting.files() if b"hf_" in path.read_bytes()]


def test_no_token_of_the_machine_is_sent_unasked(setting, hub, notes, monkeypatch) -> None:
    monkeypatch.setenv("HF_TOKEN", hub.token)
    setting.harvest()
    assert not [request for request in hub.requests if "authorization" in request.headers]


@pytest.mark.parametrize(
    ("state", "with_token", "says", "remedy"),
    [
        ({"private": True}, False, "no such data set, or it is private", "token: env:NAME"),
        ({"gated": True}, False, "gated", "/datasets/acme/notes"),
        ({"gated": True, "accepted": False}, True, "gated", "accept"),
        ({"disabled": True}, True, "disabled", "another set"),
        ({"missing": True}, True, "no such data set", "`dataset`"),
    ],
)
def test_a_set_that_cannot_be_read_says_why_and_what_to_do(
    state: dict[str, bool], with_token: bool, says: str, remedy: str, setting, hub, notes, token
) -> None:
    for name, value in state.items():
        if name == "accepted":
            hub.accepted = value
        elif name == "missing":
            del hub.sets["acme/notes"]
        else:
            setattr(hub.sets["acme/notes"], name, value)
    with pytest.raises(InputError, match=says) as caught:
        setting.check(token=token if with_token else None)
    assert remedy in str(caught.value.remedy)
    assert "acme/notes" in str(caught.value.where)


def test_a_revision_that_is_not_there_is_answered_with_the_nearest_one(setting, hub, notes) -> None:
    hub.sets["acme/notes"].tags["v1.0"] = notes
    hub.sets["acme/notes"].converts["refs/convert/parquet"] = notes
    with pytest.raises(InputError, match="no revision 'v1") as caught:
        setting.check(revision="v1.1")
    assert "did you mean 'v1.0'" in str(caught.value.remedy)
    assert "refs/convert/parquet" in str(caught.value.remedy)
    with pytest.raises(InputError, match="no revision"):
        setting.check(revision="0" * 40)


def test_a_variable_that_is_not_set_or_holds_no_token_is_named(setting, hub, notes, monkeypatch) -> None:
    with pytest.raises(InputError, match="ACME_TOKEN is not set"):
        setting.check(token="env:ACME_TOKEN")
    monkeypatch.setenv("ACME_TOKEN", "two words")
    with pytest.raises(InputError, match="no token"):
        setting.check(token="env:ACME_TOKEN")
    assert hub.requests == []


@pytest.mark.parametrize(
    "location", ["http://example.com/blob", "ftp://127.0.0.1/blob", "file:///etc/passwd", ""]
)
def test_a_redirect_to_an_unsafe_address_is_not_followed(location: str, hub, notes) -> None:
    hub.statuses = [(302, {"Location": location})] * 10
    with Hub(hub.url, None, wait=lambda seconds, why: None) as asked, pytest.raises(Answered):
        asked.commit("acme/notes", "main")


@pytest.mark.parametrize("body", [b"<html>Sign in</html>", b"[]", b'{"sha": "../../x"}', b""])
def test_what_is_no_hub_is_told_from_one(body: bytes, setting, hub, notes, monkeypatch) -> None:
    monkeypatch.setattr("cooldown_connectors.huggingface.hub.Hub._read", lambda self, answer, most: body)
    with pytest.raises(InputError, match="is `endpoint` a hub"):
        setting.check()


def test_a_disk_that_is_too_small_is_said_before_anything_is_fetched(
    setting, hub, notes, monkeypatch
) -> None:
    import shutil

    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(100, 100, 0))
    with pytest.raises(StorageError, match="bytes, and 0 are free") as caught:
        setting.harvest()
    assert "`limit`" in str(caught.value.remedy)
    assert hub.fetched() == []


def test_the_hub_of_these_tests_is_one_that_its_own_client_understands(hub, notes, tmp_path: Path) -> None:
    """The client runs in a process of its own: its switches are read when it is loaded."""
    hub.add("acme/other", {"data/a.jsonl": CONTENT, "small.txt": b"small"})
    hub.sets["acme/notes"].gated = True
    program = textwrap.dedent("""
        import sys
        from huggingface_hub import HfApi
        from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError, RevisionNotFoundError
        url, folder = sys.argv[1:]
        api = HfApi(endpoint=url, token=False)
        info = api.dataset_info("acme/other", revision="main")
        tree = {file.path: (file.size, file.lfs.sha256 if getattr(file, "lfs", None) else None)
                for file in api.list_repo_tree("acme/other", repo_type="dataset", revision=info.sha, recursive=True)
                if hasattr(file, "size")}
        for path in ("data/a.jsonl", "small.txt"):
            local = api.hf_hub_download("acme/other", path, repo_type="dataset", revision=info.sha, cache_dir=folder)
            print(path, tree[path][0], len(open(local, "rb").read()), tree[path][1] is not None)
        print([ref.name for ref in api.list_repo_refs("acme/other", repo_type="dataset").branches])
        for error, call in (
            (GatedRepoError, lambda: api.dataset_info("acme/notes", revision="main")),
            (RepositoryNotFoundError, lambda: api.dataset_info("acme/none")),
            (RevisionNotFoundError, lambda: api.dataset_info("acme/other", revision="none")),
        ):
            try:
                call()
            except error:
                print(error.__name__)
    """)
    switches = {
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_DISABLE_UPDATE_CHECK": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "HF_HOME": str(tmp_path / "home"),
        "PATH": "",
    }
    done = subprocess.run(
        [sys.executable, "-c", program, hub.url, str(tmp_path / "cache")],
        env=switches,
        capture_output=True,
        text=True,
        check=False,
    )
    size = len(CONTENT)
    assert done.stdout.splitlines() == [
        f"data/a.jsonl {size} {size} True",
        "small.txt 5 5 False",
        "['main']",
        "GatedRepoError",
        "RepositoryNotFoundError",
        "RevisionNotFoundError",
    ], done.stderr


def test_what_was_fetched_says_what_it_is_of_and_which_source_reads_it(setting, notes) -> None:
    setting.harvest()
    ((kept,), unknown) = entries(setting.folder / "store")
    assert unknown == [] and "acme/notes" in kept.what and setting.hub.url in kept.what
    assert sum(path.stat().st_size for file in kept.files for path in file.glob("blobs/*")) == len(CONTENT)
    assert kept.lock.exists(), "who fetches holds it"
    assert [*setting.connector.kept(setting.options(), setting.context)] == [kept.path]
    assert [*setting.connector.kept(setting.options(dataset="acme/other"), setting.context)] != [kept.path]
