"""Workers: processes that take jobs from the database, start a child for each attempt, and watch it to its end.

```
 supervisor (the loop) ─┬▶ registration, inventory   who this worker is, which GPUs it has
                        ├▶ jobs/claim, starting       takes a job, starts its child
                        ├▶ adoption                   takes over what another worker left
                        └▶ watching ─┬▶ ingest        events and logs, exactly once
                                     ├▶ liveness      hung, or only slow?
                                     └▶ results       artefacts, then the ending
```
"""
