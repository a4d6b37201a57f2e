"""One attempt of a job in a process of its own, which knows nothing but a folder: no database, no service.

```
 spec.json ─▶ runner ─▶ works (run, plan, dataset) ─▶ events.jsonl, output.log ─▶ exit.json
 supervised (touched by who watches), stop ─▶ stopping ─▶ a checkpoint, a clean end
```
``process`` knows who a process is, ``local`` and ``ray_driver`` start one here or on a Ray cluster. ``docs/workers.md`` explains it.
"""
