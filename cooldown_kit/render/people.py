"""Where a text names people: e-mail addresses, ``Name <address>`` pairs, @mentions, and what only looks like one.

All patterns stay within a line, and see the start of a line as they see a space: a line of a file and the same line in
a patch give the same matches.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_WORD = r"[^\W\d_][\w.'’-]{0,40}"
_AT = r"[A-Za-z0-9](?:[\w.+%-]{0,62}[\w+%-])?@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,8}[A-Za-z]{2,18}(?![\w@-])(?!\.[A-Za-z0-9])"
# What may be repeated has bounds: no line, however long and odd, costs more than a multiple of its length.
ADDRESS = re.compile(rf"(?<![\w.+%-]){_AT}")
PAIR = re.compile(rf"(?<!\w)({_WORD}(?: {_WORD}){{1,3}}) {{1,2}}[<(\[]({_AT})")
MENTION = re.compile(r"(?<![\w@/.`$+-])@([A-Za-z0-9](?:-?[A-Za-z0-9]){0,38})(?![\w/(@`])(?!-\w)(?![.:]\w)")
TRAILER = re.compile(
    r"^[ \t]*[A-Za-z][A-Za-z-]{0,40}:[ \t]+([^<>@:\n]{1,80}?)[ \t]*<([^<>\s]+@[^<>\s]+)>", re.MULTILINE
)
_SCALE = re.compile(r"\d+x", re.IGNORECASE)

_TOP_LEVEL = frozenset(
    [
        "com",
        "net",
        "org",
        "edu",
        "gov",
        "mil",
        "int",
        "info",
        "biz",
        "name",
        "pro",
        "coop",
        "aero",
        "museum",
        "jobs",
        "mobi",
        "travel",
        "tel",
        "cat",
        "asia",
        "post",
        "dev",
        "app",
        "cloud",
        "tech",
        "online",
        "site",
        "website",
        "xyz",
        "club",
        "shop",
        "store",
        "blog",
        "email",
        "company",
        "group",
        "global",
        "world",
        "digital",
        "network",
        "solutions",
        "systems",
        "software",
        "studio",
        "space",
        "live",
        "life",
        "news",
        "media",
        "team",
        "bank",
        "finance",
        "capital",
        "consulting",
        "agency",
        "academy",
        "university",
        "school",
        "science",
        "engineering",
        "institute",
        "foundation",
        "health",
        "legal",
        "energy",
        "berlin",
        "hamburg",
        "koeln",
        "wien",
        "paris",
        "london",
        "nyc",
        "tokyo",
        "swiss",
        "eu",
        "zone",
        "works",
        "tools",
        "run",
        "codes",
        "community",
        "email",
        "fm",
        "page",
        "one",
        "top",
        "vip",
        "work",
    ]
)
"""Besides all of two letters: names of attributes follow an ``@`` as well (``q@self.weight`` multiplies matrices)."""
_NOBODY = frozenset(
    [
        "git",
        "hg",
        "svn",
        "noreply",
        "no-reply",
        "donotreply",
        "do-not-reply",
        "notreply",
        "mailer-daemon",
        "this",
        "super",
        "return",
        "break",
        "continue",
        "self",
    ]
)
_RESERVED = re.compile(r"(?:^|\.)(?:example\.(?:com|net|org|edu)|example|test|invalid|localhost|local)$")
_NUMBERED = re.compile(r"v?\d+(?:x\.|\.\d)")
_NOT_WORDS = frozenset(
    [
        "copyright",
        "author",
        "authors",
        "by",
        "maintainer",
        "from",
        "contributed",
        "written",
        "created",
        "thanks",
        "to",
        "and",
        "email",
        "contact",
        "cc",
    ]
)
_NOT_MENTIONS = frozenset(
    [
        "abstract",
        "abstractmethod",
        "apply",
        "author",
        "authors",
        "autowired",
        "before",
        "after",
        "after-all",
        "alias",
        "arg",
        "args",
        "argument",
        "assert",
        "async",
        "attr",
        "attribute",
        "available",
        "bean",
        "beta",
        "body",
        "builder",
        "cache",
        "cached",
        "callback",
        "category",
        "charset",
        "class",
        "classmethod",
        "column",
        "component",
        "condition",
        "config",
        "configuration",
        "const",
        "constant",
        "constructor",
        "container",
        "contextmanager",
        "controller",
        "copyright",
        "covers",
        "custom",
        "data",
        "dataclass",
        "dataprovider",
        "default",
        "delete",
        "depends",
        "deprecated",
        "desc",
        "description",
        "directive",
        "doc",
        "docs",
        "documented",
        "email",
        "entity",
        "enum",
        "event",
        "example",
        "experimental",
        "export",
        "extend",
        "extends",
        "external",
        "feature",
        "field",
        "file",
        "final",
        "fires",
        "fixture",
        "flaky",
        "font-face",
        "forward",
        "function",
        "functools",
        "generated",
        "get",
        "given",
        "group",
        "handler",
        "here",
        "hidden",
        "hide",
        "host",
        "html",
        "id",
        "if",
        "ignore",
        "implements",
        "import",
        "include",
        "index",
        "inheritdoc",
        "inherit",
        "inject",
        "injectable",
        "inline",
        "input",
        "interface",
        "internal",
        "internals",
        "js",
        "json",
        "jsonproperty",
        "keyframes",
        "kind",
        "lazy",
        "license",
        "link",
        "list",
        "listener",
        "load",
        "lombok",
        "main",
        "mark",
        "media",
        "member",
        "memberof",
        "method",
        "migrate",
        "mixin",
        "mock",
        "mockbean",
        "module",
        "name",
        "namespace",
        "ngmodule",
        "noinspection",
        "nonnull",
        "nonnullable",
        "notnull",
        "nullable",
        "observable",
        "off",
        "on",
        "only",
        "optional",
        "option",
        "order",
        "output",
        "override",
        "overload",
        "owner",
        "package",
        "page",
        "param",
        "parameter",
        "params",
        "parametrize",
        "patch",
        "path",
        "pipe",
        "plugin",
        "post",
        "postconstruct",
        "prefix",
        "primary",
        "private",
        "prop",
        "property",
        "protected",
        "provider",
        "public",
        "put",
        "pytest",
        "query",
        "react",
        "readonly",
        "register",
        "remote",
        "remove",
        "repository",
        "request",
        "requestmapping",
        "require",
        "requires",
        "reset",
        "rest",
        "restcontroller",
        "return",
        "returns",
        "route",
        "rule",
        "safe",
        "safevarargs",
        "scheduled",
        "scope",
        "section",
        "see",
        "seealso",
        "service",
        "set",
        "setter",
        "setup",
        "signature",
        "since",
        "singleton",
        "size",
        "skip",
        "slot",
        "source",
        "spring",
        "staticmethod",
        "static",
        "step",
        "string",
        "style",
        "subclass",
        "subscribe",
        "summary",
        "supports",
        "suppress",
        "suppresslint",
        "suppresswarnings",
        "svg",
        "table",
        "tag",
        "task",
        "template",
        "test",
        "tests",
        "then",
        "this",
        "throw",
        "throws",
        "todo",
        "toplevel",
        "transactional",
        "transient",
        "truffle",
        "ts",
        "type",
        "typedef",
        "types",
        "unused",
        "update",
        "use",
        "user",
        "uses",
        "using",
        "value",
        "valid",
        "validate",
        "var",
        "variable",
        "variant",
        "version",
        "viewchild",
        "virtual",
        "watch",
        "when",
        "wip",
        "wraps",
        "xmlelement",
        "yields",
    ]
)
"""What follows an ``@`` in messages that speak of code: decorators, annotations, the words of documentation comments."""


def is_person(address: str, text: str, start: int, end: int) -> bool:
    """Whether an address that stands at ``start`` to ``end`` of ``text`` is one that a person may have.

    No: robots and places that nobody reads, names kept for examples, ``git@host:path`` and the like of URLs, pictures at a scale
    (``user@2x.png``), versions of packages (``pkg@1.2.3-rc.io``), attributes (``q@k.to(…)``).
    """
    domain = address.lower().rpartition("@")[2]
    last = domain.rpartition(".")[2]
    return not (
        is_nobody(address)
        or _RESERVED.search(domain)
        or _NUMBERED.match(domain)
        or (len(last) > 2 and last not in _TOP_LEVEL)
        or _in_place(text, start, end)
    )


def is_nobody(address: str) -> bool:
    """Whether an address is a robot's, or one that nobody reads, whatever its domain."""
    local = address.lower().rpartition("@")[0]
    return local in _NOBODY or local.endswith("[bot]")


def _in_place(text: str, start: int, end: int) -> bool:
    """Whether what looks like an address is part of a URL, of ``host:path``, or of code."""
    following = text[end : end + 2]
    if following[:1] in ("(", "[", "/") or (following[:1] == ":" and following[1:].strip()):
        return True
    before = text[max(0, start - 80) : start]
    return "://" in before[max(before.rfind(sign) for sign in (" ", "\n", "\t", '"', "'", "<", "(")) + 1 :]


def names_in_pair(name: str) -> str:
    """The name of a ``Name <address>`` pair without the words that lead to it (``Copyright Jo Weber``)."""
    words = name.split(" ")
    while len(words) > 1 and words[0].lower().strip(".") in _NOT_WORDS:
        words = words[1:]
    return " ".join(words)


def mentions(text: str) -> Iterator[re.Match[str]]:
    """@mentions of people, group 1 the login: none in code spans and fences, none that are words of code."""
    for match in MENTION.finditer(text):
        word = match[1].lower()
        if word not in _NOT_MENTIONS and not _SCALE.fullmatch(word) and not _in_code(text, match.start()):
            yield match


def _in_code(text: str, at: int) -> bool:
    line = text[text.rfind("\n", 0, at) + 1 : at]
    return line.startswith(("    ", "\t")) or line.count("`") % 2 == 1 or text.count("\n```", 0, at) % 2 == 1
