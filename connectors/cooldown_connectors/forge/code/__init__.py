"""The code of requests, from git alone: what they change, round by round, what a comment speaks of, and what answered it.

```
 open ─▶ fetching                      (a mirror or a clone; commits that force-pushes left behind)
 reader ─▶ bases ─▶ rounds ─▶ reapply ─▶ changes     (where a request branches off, its pushes, what each of them changes)
        └▶ anchors ─▶ hunk_text, lines               (a comment's lines, and the hunk that holds them)
        └▶ answers ─▶ trace                          (the push that touched them)
```
"""

from cooldown_connectors.forge.code.open import Code, check_code, open_code
from cooldown_connectors.forge.code.reader import CodeReader
from cooldown_connectors.forge.code.told import Known, KnownThread, Told, ToldThread

__all__ = [
    "Code",
    "CodeReader",
    "Known",
    "KnownThread",
    "Told",
    "ToldThread",
    "check_code",
    "open_code",
]
