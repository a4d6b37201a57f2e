"""Run by test_resume_after_kill: trains in forked children that kill themselves (SIGKILL) at given points.

Usage: train_and_kill.py MIXTURE MODEL OUT JSON, where JSON is a list of
``{"out": name, "kill": null | {"event": step} | {"saving": step}, "options": {…}}``; prints the signals that ended them.
``event`` kills when the step was computed and its line is in the history, ``saving`` when the files of its checkpoint are
written and only the marker is missing.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

from cooldown_kit.events import Metric
from cooldown_kit.train import checkpoints
from cooldown_kit.train.options import TrainOptions
from cooldown_kit.train.quiet import quiet_libraries
from cooldown_kit.train.stage import train


def run(mixture: Path, model: Path, out: Path, kill: dict[str, int], options: dict) -> None:
    def die():
        os.kill(os.getpid(), signal.SIGKILL)

    def emit(event):
        if isinstance(event, Metric) and event.step == kill.get("event"):
            die()

    finish = checkpoints.finish

    def finish_or_die(folder, step, *rest):
        if step == kill.get("saving"):
            die()
        finish(folder, step, *rest)

    checkpoints.finish = finish_or_die
    out.mkdir(exist_ok=True)
    train(
        mixture=mixture,
        model=model,
        options=TrainOptions(**options),
        seed=1,
        out=out,
        emit=emit,
        should_stop=lambda: False,
    )


def main() -> None:
    mixture, model, out = map(Path, sys.argv[1:4])
    with quiet_libraries():  # imported once here, so that the children start at once
        import cooldown_kit.train.export
        import cooldown_kit.train.trainer  # noqa: F401
    signals = []
    for job in json.loads(sys.argv[4]):
        child = os.fork()
        if child == 0:
            code = 1
            try:
                run(mixture, model, out / job["out"], job["kill"] or {}, job["options"])
                code = 0
            finally:
                os._exit(code)
        status = os.waitpid(child, 0)[1]
        signals.append(os.WTERMSIG(status) if os.WIFSIGNALED(status) else -os.WEXITSTATUS(status))
    sys.stdout.write(json.dumps(signals))


if __name__ == "__main__":
    main()
