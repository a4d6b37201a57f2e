"""Every rule finds what its issuer documents, wherever it stands, and next to nothing in clean code."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from cooldown_kit.curate.secret_examples import example
from cooldown_kit.curate.secret_rules import RULES, Rule
from cooldown_kit.curate.secrets import SecretCleaner

SEEDS = range(20)


def in_context(rule: Rule, seed: int) -> tuple[str, str]:
    secret = example(rule.form, seed)
    return secret, f"first line\n{rule.context.replace('{}', secret)}\nlast line\n"


def test_there_are_many_rules_and_each_has_its_own_id():
    assert len({rule.id for rule in RULES}) == len(RULES) >= 100


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_finds_every_example_of_its_documented_format(rule, cleaner):
    for seed in SEEDS:
        secret, text = in_context(rule, seed)
        cleaned = cleaner.clean_text(text)
        assert secret not in cleaned
        assert cleaned.startswith("first line\n") and cleaned.endswith("\nlast line\n")
    pending = [name for _, name, _ in cleaner._pending]
    assert pending.count(rule.id) >= 0.9 * len(SEEDS), f"named {set(pending)}"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_finds_its_examples_in_json_in_a_diff_and_twice_escaped(rule, cleaner):
    for seed in SEEDS:
        secret, text = in_context(rule, seed)
        diff = "@@ -1,3 +1,3 @@\n" + "".join(f"-{line}\n+{line}\n" for line in text.splitlines())
        once = json.dumps({"content": text})
        for shape in (diff, once, json.dumps(once), text.replace("\n", "\r\n")):
            cleaned = cleaner.clean_text(shape, in_patch=shape is diff)
            assert secret not in cleaned and json.dumps(secret)[1:-1] not in cleaned
        assert json.loads(cleaner.clean_text(once))["content"].startswith("first line")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_cleaning_twice_is_cleaning_once(rule, cleaner):
    for seed in SEEDS:
        once = cleaner.clean_text(in_context(rule, seed)[1])
        assert cleaner.clean_text(once) is once


def test_no_marker_in_a_text_switches_a_rule_off(cleaner):
    token = example("ghp_[alnum:36]", 1)
    for marker in (
        "gitleaks:allow",
        "pragma: allowlist secret",
        "nosec",
        "noqa",
        "kingfisher:ignore",
        "trufflehog:ignore",
    ):
        assert token not in cleaner.clean_text(f'TOKEN = "{token}"  # {marker}')


@pytest.mark.parametrize(
    "text",
    [
        'password = "hunter2"',
        "$pass['password'] = 'p@ssw0rd99';",
        'password := "abc123def"',
        'setenv("DB_PASSWORD", "abc123def!")',
        "export MYSQL_PWD=hunter2x\n",
        "spring.datasource.password=hunter2x\n",
        "POSTGRES_PASSWORD: hunter2x\n",
        'String password = new String("hunter2x");',
        '<add key="Password" value="hunter2x"/>',
        "ALTER USER app IDENTIFIED BY 'hunter2x'",
        "redis://:hunter2x@cache:6379/0",
        "https://user:p@hunter2x@host/path",
        "Server=a;Pwd=hunter2x;Database=b",
        'password = """abc123def"""',
    ],
)
def test_passwords_that_people_write_are_found(text, cleaner):
    for shape in (text, json.dumps({"a": text})):
        cleaned = cleaner.clean_text(shape)
        assert "<secret:" in cleaned
        assert not any(word in cleaned for word in ("hunter2", "p@ssw0rd99", "abc123def"))


@pytest.mark.parametrize(
    "text",
    [
        'password = os.environ["DB_PASSWORD1"]',
        'password = "your-password-here1"',
        'db_password: "{{ vault_db_password2 }}"',
        "PASSWORD=${DB_PASSWORD_2}\n",
        "password: str = field(default=None)",
        "password_field = 'input-password-2'",
        "this.password = newPassword2;",
        "token = next_token2(stream)",
        "const tokenType: string = 'access_token_v2';",
        'secretName: "tls-certificate-2024"',
        'publicKey = "-----BEGIN PUBLIC KEY-----"',
        "https://user:${PASSWORD}@host/",
        "http://localhost:8080/a@b",
        "-----BEGIN RSA PRIVATE KEY----- and -----END RSA PRIVATE KEY-----",
        "This covers basic functionality and bearer authentication2.",
        "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        '"tokens": 1024, "max_tokens": 4096',
        '"nextPageToken": "9f4d9f69-275a-41fe-b58e-2b837bd9ba48"',
        "arn:aws:secretsmanager:us-west-2:123456789012:secret:MySecret1-a1b2c3",
        '"tokenExpirationTime": "2022-03-16T03:45:09+00:00"',
        'TOKEN_PATTERN = r"[a-z0-9]+[_-][a-z0-9]{12}"',
    ],
)
def test_placeholders_references_and_names_stay(text, cleaner):
    assert cleaner.clean_text(text) is text


def test_clean_code_has_next_to_no_findings(cleaner: SecretCleaner):
    """All of the standard library (31 MB) has 13, each a literal password in a test or a docstring; every sixth file has these few."""
    root = Path(sys.base_prefix, "lib", f"python{sys.version_info[0]}.{sys.version_info[1]}")
    files = sorted(path for path in root.rglob("*.py") if "site-packages" not in path.parts)[::6]
    assert len(files) > 100
    for path in files:
        cleaner.clean_text(path.read_text(encoding="utf-8", errors="replace"), path.name)
    assert len(cleaner._pending) <= 5, [(field, rule) for field, rule, _ in cleaner._pending]
