"""`cooldown jobs`: jobs of a service, from the command line. Everything heavy is loaded when a command runs.

Standard output holds data only; what is for people goes to standard error. docs/jobs.md lists the exit statuses.
"""

from __future__ import annotations

import typer

from cooldown_kit.cli.jobs import listing, logs, metrics, queue, results, steering, submit, watch

app = typer.Typer(
    help="Submit jobs to a service, watch and steer them, and fetch what came out.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.command("submit")(submit.command)
app.command("list")(listing.list_command)
app.command("get")(listing.get_command)
app.command("watch")(watch.command)
app.command("logs")(logs.command)
app.command("metrics")(metrics.command)
app.command("queue")(queue.command)
app.command("cancel")(steering.cancel)
app.command("pause")(steering.pause)
app.command("resume")(steering.resume)
app.command("rerun")(steering.rerun)
app.command("report")(results.report)
app.command("download")(results.download)
