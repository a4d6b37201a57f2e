"""Git under a policy: at which addresses it asks, what it may be sent to, and what a local repository may lead to."""

from __future__ import annotations

import functools
import os
import shlex
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cooldown_connectors.git import guarded
from cooldown_connectors.git.guarded import network_flags
from cooldown_connectors.git.hardened import GitFailed
from cooldown_connectors.git.locate import locate
from cooldown_connectors.git.mirror import git_for
from cooldown_connectors.git.refs import list_references

from cooldown_kit.errors import InputError
from cooldown_kit.guard import NotAllowed

from ...support.guarding import held, names  # noqa: F401 - fixtures
from .test_mirror import started, stopped

NEW = (2, 50, 0)


@pytest.fixture
def server(tmp_path: Path, repository) -> Iterator[Any]:
    repository.write("a.py", "1\n")
    repository.commit("one")
    server = started(tmp_path)
    yield server
    stopped(server)


def asked_at(host: str, server: Any, store: Path) -> dict[str, str]:
    """What a remote at that host says of its references."""
    url = f"http://{host}:{server.server_port}/payments/.git"
    return dict(list_references(git_for(url, store, "me", None), url, 20).ids)


def allowing(server: Any, host: str, **more: Any) -> dict[str, Any]:
    return {"urls": (f"http://{host}:{server.server_port}",), "private_hosts": (host,), **more}


def test_git_connects_to_the_address_that_was_checked(request, server, tmp_path) -> None:
    """No name server knows this host: git can have it from us alone."""
    request.getfixturevalue("names")["forge.example"] = [["127.0.0.1"]]
    request.getfixturevalue("held")(**allowing(server, "forge.example"))
    assert "HEAD" in asked_at("forge.example", server, tmp_path / "store")


def test_git_does_not_look_the_name_up_again(request, server, tmp_path) -> None:
    """The system knows where localhost is, and the server is there; the check was told something else."""
    request.getfixturevalue("names")["localhost"] = [["127.0.0.3"], ["127.0.0.1"]]
    request.getfixturevalue("held")(**allowing(server, "localhost"))
    with pytest.raises(GitFailed, match=r"127\.0\.0\.3|Failed to connect|Couldn't connect"):
        asked_at("localhost", server, tmp_path / "store")
    assert server.requests == []


def test_a_name_that_stands_for_a_refused_address_is_not_asked(request, server, tmp_path) -> None:
    request.getfixturevalue("names")["forge.example"] = [["127.0.0.1"]]
    request.getfixturevalue("held")(urls=("http://*", f"http://forge.example:{server.server_port}"))
    with pytest.raises(NotAllowed, match="refused"):
        asked_at("forge.example", server, tmp_path / "store")
    assert server.requests == []


@pytest.mark.parametrize(
    "url",
    ["https://evil.example/x", "https://github.com/evil/x", "ssh://github.com/acme/x", "git@evil.example:x", "http://github.com/acme/x",
     "https://127.0.0.1/acme/x", "git://github.com/acme/x", "file:///etc", "ext::sh -c evil", "https://github.com/acme/../evil/x"],
)  # fmt: skip
def test_a_remote_that_is_not_allowed_starts_no_git(request, tmp_path, monkeypatch, url: str) -> None:
    """Whoever named it: a recipe, a list of repositories, or a forge's answer."""
    request.getfixturevalue("held")(urls=("https://github.com/acme/*",))
    with pytest.raises(NotAllowed):
        network_flags(url, None, NEW)


def test_a_redirect_leads_nowhere(request, server, tmp_path) -> None:
    request.getfixturevalue("names")["forge.example"] = [["127.0.0.1"]]
    request.getfixturevalue("held")(**allowing(server, "forge.example"))
    other = started(tmp_path)
    try:
        server.trouble = f"redirect {other.url}"
        with pytest.raises(GitFailed):
            asked_at("forge.example", server, tmp_path / "store")
        assert other.requests == []
    finally:
        stopped(other)


def test_a_server_without_smarts_cannot_name_another_one(request, repository, tmp_path) -> None:
    """``objects/info/http-alternates``: where git would look for objects that the server lacks."""
    repository.write("a.py", "1\n")
    repository.commit("one")
    bare = tmp_path / "bare.git"
    repository.git("clone", "-q", "--bare", repository.path, bare)
    repository.git(f"--git-dir={bare}", "update-server-info")
    for place in bare.glob("objects/??/*"):
        place.unlink()
    asked: list[str] = []

    class Files(SimpleHTTPRequestHandler):
        def log_message(self, *arguments: Any) -> None:
            asked.append(f"{self.server.server_port} {self.path}")

    servers = [
        ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Files, directory=tmp_path)) for _ in "ab"
    ]
    for one in servers:
        threading.Thread(target=one.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    port, other = (one.server_port for one in servers)
    (bare / "objects/info/http-alternates").write_text(f"http://127.0.0.1:{other}/bare.git/objects/\n")
    request.getfixturevalue("held")(urls=(f"http://127.0.0.1:{port}",), private_hosts=("127.0.0.1",))
    url = f"http://127.0.0.1:{port}/bare.git"
    git = git_for(url, tmp_path / "store", "me", None)
    try:
        git.run("init", "-q", "--bare", os.fsencode(tmp_path / "mine.git"))
        with pytest.raises(GitFailed):
            git.run(
                f"--git-dir={tmp_path / 'mine.git'}", "fetch", "--end-of-options", url, "HEAD", timeout=30
            )
    finally:
        for one in servers:
            one.shutdown()
            one.server_close()
    assert any("http-alternates" in line for line in asked)
    assert not [line for line in asked if line.startswith(str(other))]


def test_ssh_is_told_the_address_and_heeds_nobodys_configuration(request) -> None:
    request.getfixturevalue("names")["git.acme.example"] = [["8.8.8.8", "2606:4700::1"]]
    request.getfixturevalue("held")(urls=("ssh://git@git.acme.example:2222/*", "ssh://git@git.acme.example"))
    flags = network_flags("ssh://git@git.acme.example:2222/acme/x", None, NEW)
    command = shlex.split(
        next(flag for flag in flags if flag.startswith("core.sshCommand=")).partition("=")[2]
    )
    assert command[:3] == ["ssh", "-F", "none"]
    assert {
        "HostName=8.8.8.8",
        "HostKeyAlias=[git.acme.example]:2222",
        "ProxyCommand=none",
        "StrictHostKeyChecking=yes",
    } <= set(command)
    flags = network_flags("git@git.acme.example:acme/x", None, NEW)
    assert "HostKeyAlias=git.acme.example" in shlex.split(" ".join(flags))


def test_gits_ssh_is_ours_and_not_the_usual_one(request, tmp_path, monkeypatch) -> None:
    request.getfixturevalue("names")["git.acme.example"] = [["8.8.8.8"]]
    request.getfixturevalue("held")(urls=("ssh://git.acme.example",))
    program = tmp_path / "bin" / "ssh"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {tmp_path}/said\nexit 1\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    url = "git@git.acme.example:acme/x"
    with pytest.raises(GitFailed):
        list_references(git_for(url, tmp_path / "store", "me", None), url, 20)
    said = (tmp_path / "said").read_text().splitlines()
    assert "HostName=8.8.8.8" in said
    assert said[:2] == ["-F", "none"]


def test_all_addresses_of_a_host_are_told(request) -> None:
    request.getfixturevalue("names")["forge.example"] = [["8.8.8.8", "2606:4700::1"]]
    request.getfixturevalue("held")(urls=("https://forge.example",))
    assert "http.curloptResolve=forge.example:443:8.8.8.8,[2606:4700::1]" in network_flags(
        "https://Forge.example/x", None, NEW
    )


def test_a_proxy_is_checked_in_place_of_the_host_it_looks_up(request, tmp_path, monkeypatch) -> None:
    hold = request.getfixturevalue("held")
    request.getfixturevalue("names")["proxy.example"] = [["10.0.0.1"]]
    hold(urls=("https://forge.example", "http://proxy.example"), private_hosts=("proxy.example",))
    flags = network_flags("https://forge.example/x", "http://proxy.example", NEW)
    assert "http.curloptResolve=proxy.example:80:10.0.0.1" in flags
    with pytest.raises(NotAllowed):
        network_flags("https://forge.example/x", "http://other.example", NEW)
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example")
    git = git_for("https://forge.example/x", tmp_path, "me", None)
    assert "HTTPS_PROXY" not in git.environment()
    hold(urls=("https://forge.example",), environment_proxy=True)
    assert "HTTPS_PROXY" in git.environment()
    assert not [flag for flag in network_flags("https://forge.example/x", None, NEW) if "curlopt" in flag]


def test_without_a_policy_git_is_started_as_ever(tmp_path) -> None:
    assert network_flags("https://forge.example/x", None, (2, 31)) == []


def test_an_old_git_is_not_used_under_a_policy(request) -> None:
    request.getfixturevalue("held")(urls=("https://github.com",))
    with pytest.raises(InputError, match=r"2\.36"):
        network_flags("https://github.com/x", None, (2, 36))


@pytest.fixture
def places(request, make_repository_at, tmp_path) -> tuple[Any, Any]:
    """A repository below the only root, and one that is not."""
    inside, outside = make_repository_at(tmp_path / "data" / "mine"), make_repository_at(tmp_path / "theirs")
    for one in (inside, outside):
        one.write("a.py", f"{one.path.name}\n")
        one.commit("one")
    request.getfixturevalue("held")(roots=(tmp_path / "data",))
    return inside, outside


def test_a_repository_below_a_root_is_read(places, harvest) -> None:
    inside, _ = places
    inside.git("worktree", "add", "-q", inside.path.parent / "tree")
    (inside.path / "link.py").symlink_to("a.py")
    for path in (inside.path, inside.path / ".git", inside.path.parent / "tree"):
        assert harvest(path=str(path)).commits


def refused(path: Path, match: str) -> None:
    with pytest.raises(NotAllowed, match=match) as caught:
        locate(str(path), Path("/"))
    assert "theirs" not in str(caught.value)


def test_a_repository_elsewhere_is_refused_before_it_is_looked_at(places) -> None:
    inside, outside = places
    refused(outside.path, "leads out")
    refused(outside.path.parent / "nothing", "leads out")
    link = inside.path.parent / "link"
    link.symlink_to(outside.path)
    refused(link, "leads out")


def test_a_folder_within_a_repository_above_the_root_is_refused(
    request, make_repository_at, tmp_path
) -> None:
    above = make_repository_at(tmp_path / "above")
    (above.path / "data").mkdir()
    request.getfixturevalue("held")(roots=(above.path / "data",))
    with pytest.raises(NotAllowed):
        locate(str(above.path / "data"), Path("/"))


def test_a_git_file_that_names_another_place_is_refused(places) -> None:
    inside, outside = places
    folder = inside.path.parent / "stub"
    folder.mkdir()
    (folder / ".git").write_text(f"gitdir: {outside.path / '.git'}\n")
    refused(folder, "leads out")


def test_a_shared_folder_elsewhere_is_refused(places) -> None:
    inside, outside = places
    (inside.path / ".git" / "commondir").write_text(f"{outside.path / '.git'}\n")
    refused(inside.path, "leads out")


@pytest.mark.parametrize(
    "line", ["{objects}", "../../../../theirs/.git/objects", "# comment\n{objects}", "chain"]
)
def test_objects_borrowed_from_elsewhere_are_refused(places, make_repository_at, line: str) -> None:
    inside, outside = places
    alternates = inside.path / ".git/objects/info/alternates"
    if line == "chain":
        between = make_repository_at(inside.path.parent / "between")
        (between.path / ".git/objects/info/alternates").write_text(f"{outside.path / '.git/objects'}\n")
        line = str(between.path / ".git/objects")
    alternates.write_text(line.format(objects=outside.path / ".git/objects") + "\n")
    refused(inside.path, "leads out")


def test_a_quoted_alternate_is_refused_for_git_reads_it_otherwise(places) -> None:
    inside, outside = places
    (inside.path / ".git/objects/info/alternates").write_text(f'"{outside.path}/.git/objects"\n')
    refused(inside.path, "in quotes")


def test_objects_borrowed_from_below_a_root_are_read(places, make_repository_at, harvest) -> None:
    inside, _ = places
    clone = inside.path.parent / "clone"
    inside.git("clone", "-q", "--shared", inside.path, clone)
    assert harvest(path=str(clone)).commits


@pytest.mark.parametrize("name", ["objects", "objects/pack", "refs/heads", "packed-refs", "shallow"])
def test_links_in_a_repository_that_lead_elsewhere_are_refused(places, name: str) -> None:
    inside, outside = places
    outside.git("pack-refs", "--all")
    mine, theirs = inside.path / ".git" / name, outside.path / ".git" / name
    if mine.exists():
        mine.rename(inside.path.parent / "kept")
    mine.symlink_to(theirs)
    refused(inside.path, "leads out")


def test_a_pack_that_is_a_link_is_refused(places) -> None:
    inside, outside = places
    outside.git("gc", "-q")
    for file in (outside.path / ".git/objects/pack").iterdir():
        (inside.path / ".git/objects/pack" / file.name).symlink_to(file)
    refused(inside.path, "a link in the repository")


def test_a_glob_and_a_list_lead_out_no_more_than_a_path(places, check) -> None:
    inside, outside = places
    root = inside.path.parent
    (root / "zlink").symlink_to(outside.path)
    with pytest.raises(NotAllowed):
        check(path=str(root / "*"))
    (root / "list.yaml").write_text(f"- {outside.path}\n")
    with pytest.raises(NotAllowed):
        check(repositories=str(root / "list.yaml"))
    with pytest.raises(NotAllowed):
        check(repositories=str(outside.path / "a.py"))


def test_too_long_a_chain_of_borrowing_ends(places, monkeypatch) -> None:
    inside, _ = places
    monkeypatch.setattr(guarded, "_MOST_ALTERNATES", 1)
    refused(inside.path, "too many")
