"""Addresses: every spelling that could mean another place than it seems is refused, and the honest ones are understood."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cooldown_kit.guard.policy import Policy
from cooldown_kit.guard.urls import Target, pattern_of, target_of
from cooldown_kit.guard.use import url_refusal

WIDE = Policy(urls=("https://*", "ssh://*", "http://*"))
"""Allows every public address there is."""
ACME = Policy(
    urls=("https://github.com/acme/*", "ssh://git@git.acme.example/*", "https://hub.acme.example:8443")
)

NEVER = [
    # this machine, by its names and numbers
    *("https://localhost/x", "https://LOCALHOST/x", "https://localhost./x", "https://a.localhost/x"),
    *("https://localhost.localdomain/x", "https://ip6-localhost/x", "https://127.0.0.1/x", "https://127.0.0.2/x"),
    *("https://127.1/x", "https://127.0.1/x", "https://2130706433/x", "https://0x7f000001/x", "https://0x7f.1/x"),
    *("https://0177.0.0.1/x", "https://0177.1/x", "https://017700000001/x", "https://127.0.0.1./x"),
    *("https://0/x", "https://0.0.0.0/x", "https://000.000.000.000/x", "https://127.000.000.001/x"),
    *("https://[::1]/x", "https://[::]/x", "https://[0:0:0:0:0:0:0:1]/x", "https://[::ffff:127.0.0.1]/x"),
    *("https://[::ffff:7f00:1]/x", "https://[::127.0.0.1]/x", "https://[::ffff:0:127.0.0.1]/x"),
    # addresses inside addresses
    *("https://[2002:7f00:1::]/x", "https://[2002:a9fe:a9fe::1]/x", "https://[64:ff9b::127.0.0.1]/x"),
    *("https://[64:ff9b::a9fe:a9fe]/x", "https://[64:ff9b:1::7f00:1]/x", "https://[2001:0:7f00:1::]/x"),
    # zones
    *("https://[fe80::1%25eth0]/x", "https://[fe80::1%eth0]/x", "https://[::1%25lo]/x", "https://fe80::1/x"),
    # private, shared, link-local, reserved
    *("https://10.0.0.1/x", "https://172.16.0.1/x", "https://192.168.1.1/x", "https://100.64.0.1/x"),
    *("https://169.254.1.1/x", "https://198.18.0.1/x", "https://192.0.2.1/x", "https://240.0.0.1/x"),
    *("https://224.0.0.1/x", "https://255.255.255.255/x", "https://192.88.99.1/x", "https://[fc00::1]/x"),
    *("https://[fd12::1]/x", "https://[fec0::1]/x", "https://[ff02::1]/x", "https://[2001:db8::1]/x"),
    *("https://[5f00::1]/x", "https://[3fff::1]/x", "https://[100::1]/x"),
    # metadata of clouds
    *("https://169.254.169.254/latest", "http://169.254.169.254/x", "https://2852039166/x", "https://0xa9fea9fe/x"),
    *("https://[fd00:ec2::254]/x", "https://[::ffff:169.254.169.254]/x", "https://169.254.170.2/x"),
    *("https://100.100.100.200/x", "https://168.63.129.16/x", "https://192.0.0.192/x"),
    *("https://metadata.google.internal/x", "https://METADATA.google.internal/x", "https://metadata/x"),
    *("https://instance-data.ec2.internal/x", "https://host.docker.internal/x", "https://intranet/x"),
    # who is it that is asked?
    *("https://github.com@evil.example/x", "https://github.com:pw@evil.example/x", "https://@github.com/x"),
    *("https://github.com%40evil.example/x", "https://evil.example\\@github.com/x", "https://github.com\\.evil.example/x"),
    *("https://evil.example#@github.com/x", "https://evil.example?@github.com/x", "https://github.com#/x"),
    *("ssh://git:pw@github.com/x", "ssh://-oProxyCommand=evil/x", "ssh://-oProxyCommand=evil@github.com/x", "-oProxyCommand=evil@github.com:x"),
    *("https:///x", "https://", "https:/github.com/x", "https:github.com/x", "//github.com/x", "https://:443/x"),
    # letters
    *("https://127。0。0。1/x", "https://github。com/x", "https://①②⑦.0.0.1/x", "https://127.0.0.１/x"),
    *("https://ⓛocalhost/x", "https://lоcalhost.example/x", "https://github.com．evil.example/x"),
    *("https://%31%32%37.0.0.1/x", "https://%6cocalhost/x", "https://github.com%2eevil.example/x", "https://github.com%00.evil.example/x"),
    *("https://gith\u00adub.com/x", "https://github.com\u200b/x", "https://xn--\u00fc/x", "https://_x.example/x"),
    # lines and signs
    *("https://github.com\r\nHost: evil/x", "https://github.com/x\r\nX: y", "https://github.com\t/x", "https:// github.com/x"),
    *("\thttps://github.com/x", "https://github.com\x00/x", "https://github.com/x y", "https://github.com..evil.example/x"),
    *("https://github.com:0/x", "https://github.com:99999/x", "https://github.com:443:80/x", "https://github.com:4a/x"),
    *("https://[::1/x", "https://::1]/x", "https://[127.0.0.1]/x", "https://[github.com]/x", "https://-evil.example/x"),
    # other ways to get somewhere
    *("git://github.com/x", "file:///etc/passwd", "ext::sh -c evil", "ftp://github.com/x", "gopher://github.com/x", "unix:///run/x.sock"),
    *("javascript://github.com/x", "fd::17", "helper::https://github.com/x", "git@::1:x", "git@[::1]:x", "git@localhost:x", "git@127.1:x"),
    # paths that lead elsewhere
    *("https://github.com/acme/../evil/x", "https://github.com/acme/%2e%2e/evil", "https://github.com/acme/..%2fevil"),
    *("https://github.com/acme/%252e%252e/evil", "https://github.com//evil/x", "https://github.com/./x", "https://github.com/x%0d%0a"),
]  # fmt: skip


@pytest.mark.parametrize("url", NEVER, ids=ascii)
def test_what_could_mean_another_place_is_refused_whatever_the_patterns_allow(url: str) -> None:
    assert url_refusal(url, WIDE) is not None


def test_there_are_as_many_spellings_as_attackers_know() -> None:
    assert len(set(NEVER)) == len(NEVER) > 100


@pytest.mark.parametrize(
    "url",
    [
        *(
            "https://github.com/acme/payments",
            "https://GitHub.com/acme/payments.git",
            "HTTPS://github.com/acme/x",
        ),
        *(
            "https://github.com:443/acme/payments/",
            "https://github.com/acme/pay%20ments",
            "https://8.8.8.8/x",
        ),
        *(
            "https://[2606:4700:4700::1111]/x",
            "https://[64:ff9b::8.8.8.8]/x",
            "https://xn--bcher-kva.example/x",
        ),
        *(
            "ssh://git@github.com/acme/x",
            "ssh://git@github.com:22/acme/x",
            "git@github.com:acme/payments.git",
        ),
        *(
            "http://example.org/x",
            "https://1and1.example/x",
            "https://0x7f.example/x",
            "https://git.acme.example/~jo/x",
        ),
        *("https://dev.azure.com/acme/_git/x", "https://github.com/acme/*", "https://gitlab.com/a/b/c/d"),
    ],
)
def test_honest_addresses_are_allowed(url: str) -> None:
    assert url_refusal(url, WIDE) is None


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://github.com/acme/payments", True),
        ("https://github.com/acme/payments.git", True),
        ("https://github.com/acme/team/payments", True),
        ("https://github.com/acme/pay-*", True),
        ("https://GITHUB.com:443/acme/payments", True),
        ("git@git.acme.example:payments.git", True),
        ("ssh://git@git.acme.example:22/payments", True),
        ("https://hub.acme.example:8443/datasets/x", True),
        ("https://github.com/acme", False),
        ("https://github.com/acmee/payments", False),
        ("https://github.com/Acme/payments", False),
        ("https://github.com/*/payments", False),
        ("https://github.com:444/acme/payments", False),
        ("http://github.com/acme/payments", False),
        ("ssh://github.com/acme/payments", False),
        ("https://api.github.com/acme/payments", False),
        ("https://github.com.evil.example/acme/payments", False),
        ("https://evilgithub.com/acme/payments", False),
        ("root@git.acme.example:payments.git", False),
        ("ssh://git.acme.example/payments", False),
        ("ssh://git@git.acme.example:2222/payments", False),
        ("https://hub.acme.example/datasets/x", False),
    ],
)
def test_patterns_allow_what_they_say_and_no_more(url: str, allowed: bool) -> None:
    assert (url_refusal(url, ACME) is None) is allowed


@pytest.mark.parametrize(
    ("pattern", "url", "allowed"),
    [
        ("https://*.acme.example", "https://git.acme.example/x", True),
        ("https://*.acme.example", "https://a.b.acme.example/x", True),
        ("https://*.acme.example", "https://acme.example/x", False),
        ("https://*.acme.example", "https://evilacme.example/x", False),
        ("https://*", "https://anything.example/at/all", True),
        ("https://*:8443", "https://anything.example/x", False),
        ("https://github.com/acme/", "https://github.com/acme/x/y", True),
        ("https://github.com/acme/", "https://github.com/acmex", False),
        ("https://github.com/acme/pay", "https://github.com/acme/pay.git", True),
        ("https://github.com/acme/pay", "https://github.com/acme/pay.wiki.git", True),
        ("https://github.com/acme/pay", "https://github.com/acme/payments", False),
        ("https://github.com/acme/p.y", "https://github.com/acme/pay", False),
        ("ssh://git.acme.example", "git@git.acme.example:x", True),
    ],
)
def test_wildcards(pattern: str, url: str, allowed: bool) -> None:
    assert pattern_of(pattern).matches(target_of(url)) is allowed


@pytest.mark.parametrize(
    "pattern",
    ["*", "github.com", "https://", "https://git*.acme.example", "https://*acme.example", "https://*.*", "ftp://x.example",
     "https://*.", "https://me:pw@x.example", "https://x.example/a/../b", "https://127.1", "https://x.example:0x"],
)  # fmt: skip
def test_patterns_that_would_allow_something_else_are_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Policy(urls=(pattern,))


def test_scp_like_addresses_are_ssh_addresses() -> None:
    assert target_of("git@github.com:acme/x.git") == target_of("ssh://git@github.com:22/acme/x.git")
    assert target_of("github.com:acme/x") == Target("ssh", None, "github.com", 22, "/acme/x")


def test_a_refusal_never_repeats_the_address() -> None:
    for url in ("https://u:hunter2@github.com/x", "ssh://g:hunter2@github.com/x", "hunter2 x"):
        assert "hunter2" not in str(url_refusal(url, WIDE))


@given(st.text(max_size=60))
def test_reading_any_text_ends_in_a_target_or_a_value_error(text: str) -> None:
    for url in (text, f"https://{text}", f"https://github.com/{text}", f"git@{text}"):
        try:
            target = target_of(url)
        except ValueError:
            continue
        assert target.host == target.host.lower()
        assert target.host.isascii()
        assert not {"..", "."} & set(target.path.split("/"))


def test_a_policy_survives_json(tmp_path: Path) -> None:
    policy = Policy(
        urls=ACME.urls, private_hosts=("10.0.0.0/8", "Git.Acme.internal"), roots=(tmp_path,), references="any"
    )
    again = Policy.model_validate_json(policy.model_dump_json())
    assert again == policy
    assert again.may_be_private("git.acme.internal")
