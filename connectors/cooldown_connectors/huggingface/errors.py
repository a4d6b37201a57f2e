"""What the hub answers where it does not give what was asked for, in words for the person who can act."""

from __future__ import annotations

from cooldown_kit.errors import InputError

_GIVE_ONE = "put a token that may read it into an environment variable and say `token: env:NAME`"


class Unreachable(Exception):
    """No answer after all tries. ``reason`` is for a person."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Answered(Exception):
    """An answer that is no success. ``code`` is the hub's ``X-Error-Code``, ``said`` its own words, cleaned of the token."""

    def __init__(self, status: int, code: str, said: str, host: str) -> None:
        super().__init__(f"status {status} from {host}")
        self.status = status
        self.code = code
        self.said = said
        self.host = host


def unreachable(error: Unreachable, where: str) -> InputError:
    """For a run that needs the network and has none."""
    return InputError(
        f"the hub cannot be reached ({error.reason}), and the workspace does not hold what is needed",
        where=where,
        remedy="check the network, the proxy settings and `endpoint`; a set that was harvested once in this workspace needs no network",
    )


def refused(error: Answered, where: str, page: str, *, with_token: bool) -> InputError:
    """For an answer that asking again will not change. ``page`` is the set's page on the hub."""
    said = f" ({error.said})" if error.said else ""
    if error.code == "GatedRepo":
        what = "the set is gated: its owner lets nobody read it who has not agreed to the terms"
        remedy = f"open {page}, sign in and accept them; then "
        remedy += "see that the token is yours and may read gated sets" if with_token else _GIVE_ONE
    elif "disabled" in error.said.lower():
        what, remedy = f"the set is disabled{said}", f"see {page} for the reason, or choose another set"
    elif error.status == 401 and with_token and error.code != "RepoNotFound":
        what, remedy = (
            f"the hub does not accept the token{said}",
            "make a new one in the settings of your account",
        )
    elif error.status in (401, 403, 404) and error.code in ("", "RepoNotFound"):
        what = f"there is no such data set, or it is private{said}"
        remedy = "check `dataset` (it is `owner/name`) and `endpoint`; for a private set "
        remedy += "see that the token may read it" if with_token else _GIVE_ONE
    elif error.status == 404:
        what, remedy = f"it is not there{said}", "check `revision`; a set that was renamed has a new name"
    else:
        what = f"{error.host} answers with status {error.status}{said}"
        remedy = "run it again later; what was fetched is kept"
    return InputError(what, where=where, remedy=remedy)
