"""Private keys go whole or torn: in plain text, in string literals, in JSON and in diffs."""

from __future__ import annotations

import base64
import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cooldown_kit.curate.patches import recounted
from cooldown_kit.curate.secrets import SecretCleaner

HYPHENS = "-" * 5
LABELS = [
    "RSA PRIVATE KEY",
    "PRIVATE KEY",
    "EC PRIVATE KEY",
    "ENCRYPTED PRIVATE KEY",
    "OPENSSH PRIVATE KEY",
    "PGP PRIVATE KEY BLOCK",
]


def body_lines(seed: int, size: int = 800) -> list[str]:
    text = base64.b64encode(random.Random(seed).randbytes(size)).decode()
    return [text[i : i + 64] for i in range(0, len(text), 64)]


def armour(label: str, seed: int = 1) -> list[str]:
    header = (
        ["Proc-Type: 4,ENCRYPTED", "DEK-Info: AES-128-CBC,0123456789ABCDEF", ""]
        if label.startswith("RSA")
        else []
    )
    return [f"{HYPHENS}BEGIN {label}{HYPHENS}", *header, *body_lines(seed), f"{HYPHENS}END {label}{HYPHENS}"]


def assert_gone(seed: int, cleaned: str) -> None:
    for line in body_lines(seed):
        assert line not in cleaned
        if len(line) >= 24:
            assert line[:24] not in cleaned and line[-24:] not in cleaned


@pytest.mark.parametrize("label", LABELS)
def test_a_key_becomes_one_mark_in_plain_text_literals_and_json(label, cleaner):
    lines = armour(label)
    shapes = {
        "plain": "\n".join(lines),
        "indented": "\n".join(f"    {line}" for line in lines),
        "windows": "\r\n".join(lines),
        "concatenated": " +\n".join(f'  "{line}\\n"' for line in lines),
        "comment": "\n".join(f"# {line}" for line in lines),
        "json": json.dumps("\n".join(lines)),
        "json in json": json.dumps(json.dumps("\n".join(lines))),
        "one line": " ".join(lines),
    }
    for name, shape in shapes.items():
        cleaned = cleaner.clean_text(f"before = 1\n{shape}\nafter = 2\n")
        assert_gone(1, cleaned)
        assert cleaned.count("<secret:private-key>") == 1, name
        assert cleaned.startswith("before = 1\n") and cleaned.endswith("\nafter = 2\n")
        assert cleaner.clean_text(cleaned) is cleaned


def test_a_key_without_its_end_and_one_without_its_beginning_go_too(cleaner):
    lines = armour("RSA PRIVATE KEY")
    for torn in (lines[:-1], lines[:8], lines[1:], lines[-4:]):
        for separator in ("\n", "\\n"):
            cleaned = cleaner.clean_text("x = 1\n" + separator.join(torn) + "\n\ndef function():\n    pass\n")
            assert_gone(1, cleaned)
            assert cleaned.startswith("x = 1\n") and cleaned.endswith("def function():\n    pass\n")


def test_putty_and_ssh2_keys_go(cleaner):
    body = body_lines(3)
    putty = "\n".join(
        [
            "PuTTY-User-Key-File-3: ssh-ed25519",
            "Encryption: none",
            f"Private-Lines: {len(body)}",
            *body,
            "Private-MAC: " + "0a" * 32,
        ]
    )
    ssh2 = "\n".join(
        [
            "---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----",
            'Comment: "k"',
            *body,
            "---- END SSH2 ENCRYPTED PRIVATE KEY ----",
        ]
    )
    for text in (putty, ssh2, json.dumps(putty)):
        assert_gone(3, cleaner.clean_text(text))


def test_public_keys_and_certificates_stay(cleaner):
    for label in ("PUBLIC KEY", "CERTIFICATE", "PGP PUBLIC KEY BLOCK"):
        text = "\n".join(armour(label))
        assert cleaner.clean_text(text) is text


def counts_are_right(patch: str) -> bool:
    return recounted(patch.encode()).decode() == patch


def test_a_rotated_key_leaves_one_line_for_each_run_of_signs_and_right_counts(cleaner):
    old, new = armour("PRIVATE KEY", 1), armour("PRIVATE KEY", 2)
    hunk = [
        " import os",
        f' KEY = """{old[0]}',
        *(f"-{line}" for line in old[1:-1]),
        *(f"+{line}" for line in new[1:-1]),
        f' {old[-1]}"""',
        " end",
    ]
    n = len(old)
    patch = (
        f"@@ -1,{n + 2} +1,{n + 2} @@\n" + "\n".join(hunk) + "\n@@ -90,3 +90,4 @@ def f():\n a\n+b\n c\n d\n"
    )
    cleaned = cleaner.clean_text(patch, in_patch=True)
    mark = "<secret:private-key>"
    assert cleaned == (
        f'@@ -1,5 +1,5 @@\n import os\n KEY = """{mark}\n-{mark}\n+{mark}\n {mark}"""\n end\n@@ -{90 - n + 3},3 +{90 - n + 3},4 @@ def f():\n a\n+b\n c\n d\n'
    )
    assert counts_are_right(cleaned)


@given(
    seed=st.integers(0, 9),
    signs=st.lists(st.sampled_from(" +-"), min_size=20, max_size=20),
    first=st.integers(0, 5),
    last=st.integers(14, 20),
    no_newline=st.booleans(),
)
def test_any_part_of_a_key_with_any_signs_leaves_a_patch_with_right_counts(
    seed, signs, first, last, no_newline
):
    key = [sign + line for sign, line in zip(signs, armour("EC PRIVATE KEY", seed)[first:last], strict=False)]
    body = [" before", *key, *(["\\ No newline at end of file"] if no_newline else []), "+after = 1"]
    old, new = (sum(line[0] in s for line in body) for s in (" -", " +"))
    patch = recounted(f"@@ -5,{old} +7,{new} @@ def f():\n".encode()).decode() + "\n".join(body) + "\n"
    patch = recounted(patch.encode()).decode()
    cleaner = SecretCleaner(b"k")
    cleaned = cleaner.clean_text(patch, in_patch=True)
    if first == 0 or last >= 20:  # a marker is there
        assert_gone(seed, cleaned)
    assert counts_are_right(cleaned)
    assert cleaned.splitlines()[1] == " before" and cleaned.endswith("+after = 1\n")
    assert cleaner.clean_text(cleaned, in_patch=True) == cleaned
