"""How a caller shows who they are."""

from __future__ import annotations


def bearer(credential: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {credential}"}
