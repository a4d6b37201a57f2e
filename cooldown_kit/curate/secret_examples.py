"""Random credentials in their documented formats, made at run time: no token-shaped literal stands in this repository.

A *form* is text with runs in brackets, ``ghp_[alnum:36]``: an alphabet and a length. ``b64(…)`` encodes what it holds.
"""

from __future__ import annotations

import base64
import random
import re
import string

ALPHABETS = {
    "digit": string.digits,
    "hex": "0123456789abcdef",
    "lower": string.ascii_lowercase,
    "upper": string.ascii_uppercase,
    "lowerbase32": string.ascii_lowercase + "234567",
    "base32": string.ascii_uppercase + "234567",
    "loweralnum": string.ascii_lowercase + string.digits,
    "upperalnum": string.ascii_uppercase + string.digits,
    "alnum": string.ascii_letters + string.digits,
    "base64": string.ascii_letters + string.digits + "+/",
    "base64url": string.ascii_letters + string.digits + "-_",
    "bech32": "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L",
}
_RUN = re.compile(r"\[(\w+):(\d+)\]")


def example(form: str, seed: int) -> str:
    """One random text of that form; the same seed gives the same text."""
    source = random.Random(seed)  # noqa: S311 - examples, not credentials

    def run(match: re.Match[str]) -> str:
        length = int(match[2])
        if length < 10:  # too short to make sure of anything
            return "".join(source.choices(ALPHABETS[match[1]], k=length))
        while True:  # a documented token holds letters and digits where its alphabet has both
            text = "".join(source.choices(ALPHABETS[match[1]], k=length))
            if match[1] in ("digit", "lower", "upper") or (
                re.search(r"\d", text) and re.search(r"[A-Za-z]", text)
            ):
                return text

    text = _RUN.sub(run, form)
    return re.sub(r"b64\(([^)]*)\)", lambda m: base64.b64encode(m[1].encode()).decode(), text)
