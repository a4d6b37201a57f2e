"""The code of requests, from git alone: what they change, round by round, what a comment speaks of, and what answered it.

```
 open ─▶ fetching                                      a mirror or a clone; commits that force-pushes left behind
 reader ─┬▶ plan ─▶ rounds, bases (commits)            a request's heads in order, and where each branches off
         ├▶ reapply ─▶ made_commits, merging           what a rebased branch would be had only the rebase been done
         ├▶ changes                                    what all of that changes, by a few processes of git for a batch
         └▶ known ─┬▶ anchors ─▶ hunk_text, lines      a comment's lines, and the hunk that holds them
                   ├▶ answers ─▶ lines                 the push that touched them
                   └▶ versions                         whole files
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
