from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime

import pytest
from cooldown_connectors.git import GitOptions
from pydantic import ValidationError


def made(**values):
    return GitOptions(connector="git", **values)


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/acme/payments.git",
        "https://git.acme.example:8443/a/b",
        "ssh://git@host:2222/a/b.git",
        "git@github.com:acme/payments.git",
        "http://127.0.0.1:8000/a",
        "http://localhost/a",
        "http://[::1]:80/a",
    ],
)
def test_https_ssh_and_loopback_urls_are_taken(url):
    assert made(url=url).url == url


@pytest.mark.parametrize(
    "url",
    [
        "ext::sh -c touch% pwned",
        "ext::true",
        "file:///srv/repository",
        "/srv/repository",
        "git://host/a",
        "http://example.org/a",
        "http://127.0.0.1.example.org/a",
        "https:///a",
        "https://[bad/a",
        "https://-oProxyCommand=x/a",
        "ssh://-oProxyCommand=x/a",
        "-oProxyCommand=x:a",
        "--upload-pack=x",
        "https://host/a\nb",
        "https://host/a?token=x",
    ],
)
def test_other_transports_and_disguised_flags_are_refused(url):
    with pytest.raises(ValidationError):
        made(url=url)


@pytest.mark.parametrize(
    "url", ["https://me:s3cr3t@host/a", "https://s3cr3t@host/a", "ssh://me:s3cr3t@host/a", "me:s3cr3t@host:a"]
)
def test_a_url_with_credentials_is_refused_without_repeating_them(url):
    with pytest.raises(ValidationError) as caught:
        made(url=url)
    assert "s3cr3t" not in str(caught.value)
    assert "env:NAME" in str(caught.value)


def test_a_token_in_the_recipe_is_refused_without_repeating_it():
    with pytest.raises(ValidationError) as caught:
        made(url="https://host/a", token="ghp_s3cr3t")
    assert "ghp_s3cr3t" not in str(caught.value)


@pytest.mark.parametrize(
    "revision", ["--output=x", "-x", "a..b", "a b", "a~1", "HEAD^", "a:b", "x@{1}", "", "a\nb", "a/"]
)
def test_a_revision_that_is_no_name_is_refused(revision):
    with pytest.raises(ValidationError):
        made(path=".", revision=revision)


@pytest.mark.parametrize("revision", ["HEAD", "main", "v1.0", "feature/ünï", "refs/heads/main", "a" * 40])
def test_branches_tags_and_ids_are_revisions(revision):
    assert made(path=".", revision=revision).revision == revision


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"path": ".", "url": "https://h/a"},
        {"path": ".", "token": "env:X"},
        {"path": ".", "takes": ["commits"]},
    ],
)
def test_contradictions_and_unknown_keys_are_refused(values):
    with pytest.raises(ValidationError):
        made(**values)


def test_a_window_includes_its_last_day():
    options = made(path=".", since="2024-01-01", until="2024-01-31")
    assert options.earliest == datetime(2024, 1, 1, tzinfo=UTC).timestamp()
    assert options.latest > datetime(2024, 1, 31, 23, 59, tzinfo=UTC).timestamp()
    assert options.latest < datetime(2024, 2, 1, tzinfo=UTC).timestamp()
    with pytest.raises(ValidationError, match="later than"):
        made(path=".", since="2024-02-01", until="2024-01-31")


def test_a_take_is_a_list_or_one_name_in_a_fixed_order():
    assert made(path=".", take="files").take == ("files",)
    assert made(path=".", take=["files", "commits"]).take == ("commits", "files")


def test_every_option_is_explained_in_one_line():
    own = {name: f for name, f in GitOptions.model_fields.items() if name != "connector"}
    assert all(f.description and "\n" not in f.description for f in own.values())


def test_importing_the_connector_imports_nothing_heavy():
    heavy = "import sys, cooldown_connectors.git; print([m for m in ('git', 'torch', 'pandas') if m in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", heavy], text=True).strip() == "[]"
