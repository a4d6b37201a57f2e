"""What the recipes of people who do not run the machine may reach: addresses, folders, secrets.

A service calls :func:`check_recipe` when a recipe comes in, and in the process that runs it :func:`enforce` and then
:func:`check_recipe` again. Where nobody calls :func:`enforce`, nothing is refused. ``docs/guard.md`` explains it.

```
 marks (what an option reaches) ─▶ reached (all of a recipe's) ─▶ check ───┬▶ urls, addresses     where
 policy (what is allowed) ─────────────────────────────────────────────────┼▶ paths               from what
 enforce ─▶ in_force ─▶ use (asked by connectors before they reach out) ───┴▶ references          with which secret
```
"""

from cooldown_kit.guard.check import check_recipe
from cooldown_kit.guard.enforce import enforce
from cooldown_kit.guard.in_force import NotAllowed, active
from cooldown_kit.guard.marks import Reach
from cooldown_kit.guard.policy import Policy
from cooldown_kit.guard.use import (
    allow_model,
    allow_path,
    allow_reference,
    allow_url,
    proxy_of_environment,
    reachable,
    secret_text,
)

__all__ = [
    "NotAllowed",
    "Policy",
    "Reach",
    "active",
    "allow_model",
    "allow_path",
    "allow_reference",
    "allow_url",
    "check_recipe",
    "enforce",
    "proxy_of_environment",
    "reachable",
    "secret_text",
]
