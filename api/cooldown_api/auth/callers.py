"""What one process knows of its callers: who was seen lately, who failed, who asked how often."""

from __future__ import annotations

from cooldown_api.auth.known import KnownCallers
from cooldown_api.auth.oidc import OidcVerifier
from cooldown_api.auth.rate_limit import RateLimiter
from cooldown_api.auth.throttle import FailureThrottle
from cooldown_api.settings import Settings


class Callers:
    """One for each process; nothing in it must survive a restart."""

    def __init__(self, settings: Settings) -> None:
        self.known = KnownCallers()
        self.failures = FailureThrottle()
        self.rates = RateLimiter(settings.limits)
        self.oidc = OidcVerifier(settings.oidc) if settings.oidc else None
