"""A recipe that comes in: everything it reaches is found, each refusal has its place, what is allowed passes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import pytest

from cooldown_kit import connector
from cooldown_kit.connector import SourceOptions, Take
from cooldown_kit.errors import RecipeError
from cooldown_kit.guard import Policy, Reach, check_recipe
from cooldown_kit.guard.reached import reached

from .conftest import recipe_of

GIT = {"connector": "git", "url": "https://github.com/acme/x"}
EVIL = "https://evil.example/x"


@pytest.fixture
def policy(tmp_path: Path) -> Policy:
    return Policy(
        urls=("https://github.com/acme/*", "https://git.acme.example", "https://huggingface.co/datasets/acme/*", "https://proxy.acme.example"),
        roots=(tmp_path,),
        secrets_dir=tmp_path.parent / "secrets-of-the-service",
    )  # fmt: skip


ALLOWED: list[dict[str, Any]] = [
    GIT,
    {**GIT, "token": "secret:FORGE"},
    {**GIT, "wiki": "https://github.com/acme/x.wiki.git"},
    {"connector": "git", "path": "repository", "wiki": "wiki"},
    {"connector": "git", "path": "repositories/*"},
    {"connector": "git", "repositories": ["https://github.com/acme/x", "here", {"url": "https://git.acme.example/y", "token": "secret:T"}]},
    {"connector": "git", "repositories": "list.yaml"},
    {"connector": "github", "repository": ["acme/x", "acme/pay-*"], "token": ["secret:A", "app:1:2:secret:KEY"]},
    {"connector": "github", "repository": "acme/*", "clone": "never"},
    {"connector": "github", "repository": "acme/x", "clone": "clones/x", "ca_bundle": "ca.pem", "proxy": "https://proxy.acme.example"},
    {"connector": "gitlab", "url": "https://git.acme.example", "repository": "group/sub/x"},
    {"connector": "huggingface", "dataset": "acme/set", "token": "secret:HF"},
    {"connector": "text", "path": "books/**/*.md"},
    {"connector": "threads", "path": "mail/*.mbox"},
]  # fmt: skip


@pytest.mark.parametrize("source", ALLOWED, ids=str)
def test_what_the_policy_allows_passes(tmp_path: Path, policy: Policy, source: dict[str, Any]) -> None:
    check_recipe(recipe_of(tmp_path, source), policy)


REFUSED: list[tuple[str, dict[str, Any]]] = [
    ("sources.s.url", {**GIT, "url": EVIL}),
    ("sources.s.url", {**GIT, "url": "https://github.com/acme2/x"}),
    ("sources.s.url", {**GIT, "url": "http://127.0.0.1/x"}),
    ("sources.s.url", {**GIT, "url": "git@evil.example:x"}),
    ("sources.s.token", {**GIT, "token": "env:GITHUB_TOKEN"}),
    ("sources.s.token", {**GIT, "token": "gh"}),
    ("sources.s.wiki", {**GIT, "wiki": EVIL}),
    ("sources.s.wiki", {**GIT, "wiki": "../elsewhere"}),
    ("sources.s.path", {"connector": "git", "path": "/srv/private"}),
    ("sources.s.path", {"connector": "git", "path": "../*"}),
    ("sources.s.path", {"connector": "git", "path": "~/work"}),
    ("sources.s.repositories", {"connector": "git", "repositories": "/etc/list.yaml"}),
    ("sources.s.repositories.1", {"connector": "git", "repositories": ["here", EVIL]}),
    ("sources.s.repositories.1", {"connector": "git", "repositories": ["here", "/etc"]}),
    ("sources.s.repositories.0.path", {"connector": "git", "repositories": [{"path": "/etc"}, "here"]}),
    ("sources.s.repositories.0.url", {"connector": "git", "repositories": [{"url": EVIL}, "here"]}),
    ("sources.s.repositories.0.token", {"connector": "git", "repositories": [{"url": "https://git.acme.example/y", "token": "env:X"}, "here"]}),
    ("sources.s.repository", {"connector": "github", "repository": ["acme/x", "other/y"]}),
    ("sources.s.repository", {"connector": "github", "repository": "*/x"}),
    ("sources.s.repository", {"connector": "gitlab", "repository": "acme/x"}),
    ("sources.s.repository", {"connector": "gitea", "url": "https://evil.example", "repository": "acme/x"}),
    ("sources.s.repository", {"connector": "bitbucket", "repository": "acme/x"}),
    ("sources.s.repository", {"connector": "azure_devops", "repository": "acme/project/x"}),
    ("sources.s.connector", {"connector": "forgejo", "repository": "acme/x"}),
    ("sources.s.token", {"connector": "github", "repository": "acme/x", "token": ["secret:A", "file:x"]}),
    ("sources.s.clone", {"connector": "github", "repository": "acme/x", "clone": "/srv/clone"}),
    ("sources.s.ca_bundle", {"connector": "github", "repository": "acme/x", "ca_bundle": "/etc/shadow"}),
    ("sources.s.proxy", {"connector": "github", "repository": "acme/x", "proxy": "http://10.0.0.1:3128"}),
    ("sources.s.proxy", {"connector": "github", "repository": "acme/x", "proxy": "socks5://proxy.acme.example"}),
    ("sources.s.proxy", {"connector": "github", "repository": "acme/x", "proxy": "environment"}),
    ("sources.s.dataset", {"connector": "huggingface", "dataset": "other/set"}),
    ("sources.s.dataset", {"connector": "huggingface", "dataset": "acme/set", "endpoint": "https://evil.example"}),
    ("sources.s.token", {"connector": "huggingface", "dataset": "acme/set", "token": "env:HF_TOKEN"}),
    ("sources.s.path", {"connector": "text", "path": "/etc/passwd"}),
    ("sources.s.path", {"connector": "text", "path": "package:os/x"}),
    ("sources.s.path", {"connector": "threads", "path": "/var/mail"}),
]  # fmt: skip


@pytest.mark.parametrize(("place", "source"), REFUSED, ids=str)
def test_what_it_does_not_allow_is_refused_at_its_place(
    tmp_path: Path, policy: Policy, place: str, source: dict[str, Any]
) -> None:
    with pytest.raises(RecipeError) as caught:
        check_recipe(recipe_of(tmp_path, source), policy)
    assert (caught.value.where or "").startswith(place) or f"  {place}" in caught.value.what
    assert caught.value.remedy or ";" in caught.value.what


@pytest.mark.parametrize(
    ("place", "model"),
    [
        ("model", "/srv/models/base"),
        ("model", "../base"),
        ("model", "package:os/x.gguf"),
        ("model", "../x.gguf"),
        ("model", "meta-llama/Llama-3"),
        ("model", "acme/set@main"),
        ("model", "linked"),
        ("model.random.config", {"random": {"config": "/etc/passwd", "tokenizer": "t"}}),
        ("model.random.tokenizer", {"random": {"config": {"model_type": "llama"}, "tokenizer": "/srv/t"}}),
    ],
)  # fmt: skip
def test_models_are_looked_at_too(tmp_path: Path, policy: Policy, place: str, model: Any) -> None:
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked" / "model.safetensors").symlink_to("/etc/hostname")
    with pytest.raises(RecipeError) as caught:
        check_recipe(recipe_of(tmp_path, GIT, model=model), policy)
    assert caught.value.where == place


def test_a_model_of_the_hub_counts_as_its_address_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = recipe_of(tmp_path, GIT, model="acme/base@v1")
    check_recipe(
        recipe, Policy(urls=("https://github.com", "https://huggingface.co/acme/*"), roots=(tmp_path,))
    )
    monkeypatch.setenv("HF_ENDPOINT", "https://hub.acme.example")
    check_recipe(
        recipe, Policy(urls=("https://github.com", "https://hub.acme.example/acme/base"), roots=(tmp_path,))
    )
    with pytest.raises(RecipeError, match=r"hub\.acme\.example/acme/base"):
        check_recipe(
            recipe, Policy(urls=("https://github.com", "https://huggingface.co/acme/*"), roots=(tmp_path,))
        )


def test_the_workspace_is_the_services_to_choose(tmp_path: Path, policy: Policy) -> None:
    for named in ("inside", "/srv/others", ".."):
        with pytest.raises(RecipeError) as caught:
            check_recipe(recipe_of(tmp_path, GIT, workspace=named), policy)
        assert caught.value.where == "workspace"
    check_recipe(recipe_of(tmp_path, GIT, workspace="/srv/mine"), policy, workspace=Path("/srv/mine"))
    check_recipe(
        recipe_of(tmp_path, GIT).model_copy(update={"workspace": Path("/srv/mine")}),
        policy,
        workspace=Path("/srv/mine"),
    )
    with pytest.raises(RecipeError):
        check_recipe(recipe_of(tmp_path, GIT, workspace="/srv/others"), policy, workspace=Path("/srv/mine"))


def test_all_refusals_are_told_at_once(tmp_path: Path, policy: Policy) -> None:
    recipe = recipe_of(tmp_path, {**GIT, "url": EVIL, "token": "env:X"}, model="/srv/base")
    with pytest.raises(RecipeError) as caught:
        check_recipe(recipe, policy)
    assert "3 things are refused" in caught.value.what
    assert [line.split(":")[0].strip() for line in caught.value.what.splitlines()[1:]] == [
        "model",
        "sources.s.url",
        "sources.s.token",
    ]


def test_an_empty_policy_refuses_every_source(tmp_path: Path) -> None:
    for source in ALLOWED:
        with pytest.raises(RecipeError):
            check_recipe(recipe_of(tmp_path, source), Policy())


class StrangeOptions(SourceOptions):
    target: str = "default"
    folder: Annotated[str, Reach("path")] = "x"


class BelowOptions(SourceOptions):
    name: Annotated[str, Reach("below")] = "x"


class Strange:
    Options: Any = StrangeOptions

    def takes(self, options: Any) -> tuple[Take, ...]:
        return ()


class Below(Strange):
    Options = BelowOptions


@pytest.fixture
def strangers(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Connectors that somebody else wrote, before there were marks or with half of them."""
    known = {"strange": Strange(), "below": Below()}
    find = connector.find
    monkeypatch.setattr(connector, "find", lambda name: known.get(name) or find(name))
    yield


def test_an_option_that_does_not_say_what_it_reaches_is_refused_where_it_is_used(
    strangers: None, tmp_path: Path, policy: Policy
) -> None:
    check_recipe(recipe_of(tmp_path, {"connector": "strange"}), policy)
    with pytest.raises(RecipeError, match="does not say what it reaches") as caught:
        check_recipe(recipe_of(tmp_path, {"connector": "strange", "target": "anything"}), policy)
    assert caught.value.where == "sources.s.target"


def test_a_connector_that_keeps_its_addresses_to_itself_is_refused(
    strangers: None, tmp_path: Path, policy: Policy
) -> None:
    with pytest.raises(RecipeError, match="reached_urls"):
        check_recipe(recipe_of(tmp_path, {"connector": "below"}), policy)


def test_everything_that_a_recipe_reaches_is_listed(tmp_path: Path) -> None:
    source = {
        "connector": "github",
        "repository": ["acme/a b", "acme/c"],
        "token": ["gh", "env:X"],
        "clone": "auto",
    }
    listed = [(one.place, one.kind, one.value) for one in reached(recipe_of(tmp_path, source))]
    assert listed == [
        ("model", "model", str(tmp_path / "model")),
        ("workspace", "path", ".cooldown"),
        ("sources.s.repository.0", "below", "acme/a b"),
        ("sources.s.repository.1", "below", "acme/c"),
        ("sources.s.token.0", "secret", "gh"),
        ("sources.s.token.1", "secret", "env:X"),
        ("sources.s.repository", "url", "https://github.com/acme/a%20b"),
        ("sources.s.repository", "url", "https://github.com/acme/c"),
    ]


def test_a_model_with_a_name_that_no_system_takes_is_refused_in_words(tmp_path: Path, policy: Policy) -> None:
    for name in ("x" * 5000 + "/y", "y/" + "x" * 5000, "package:__main__/x.gguf"):
        with pytest.raises(RecipeError):
            check_recipe(recipe_of(tmp_path, GIT, model=name), policy)
