"""Statuses of the command line, whatever a library makes of an interrupt."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cooldown_kit.cli import main as cli


def _interrupt() -> None:
    os.kill(os.getpid(), signal.SIGINT)
    while True:  # until the interrupt is delivered
        pass


def _swallowing(arguments: object) -> int:
    try:
        _interrupt()
    except KeyboardInterrupt:
        raise ImportError("cannot import name 'x' from partially initialized module") from None
    return 0


def _failing(arguments: object) -> int:
    try:
        _interrupt()
    except KeyboardInterrupt:
        return 1
    return 0


@pytest.mark.parametrize("work", [_swallowing, _failing])
def test_an_interrupt_that_a_library_turned_into_an_error_is_still_an_interrupt(
    work: object, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "_call", work)
    assert cli.call([]) == 130
    assert "run the same command again to continue" in capsys.readouterr().err


def test_an_error_without_an_interrupt_stays_what_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(arguments: object) -> int:
        raise ZeroDivisionError

    monkeypatch.setattr(cli, "_call", broken)
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(ZeroDivisionError):
        cli.call([])
    assert signal.getsignal(signal.SIGINT) is before


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.call(["--version"]) == 0
    assert capsys.readouterr().out.startswith("cooldown-kit ")


INSIDE_EXEC = """
from cooldown_kit.cli import main as cli

def work(arguments):
    exec("import os, signal; os.kill(os.getpid(), signal.SIGINT)\\nwhile True: pass")

cli._call = work
cli.main([])
"""


def test_an_interrupt_inside_executed_text_ends_with_the_same_status(tmp_path: Path) -> None:
    (tmp_path / "probe.py").write_text(INSIDE_EXEC)
    command = [sys.executable, "-m", "probe"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 130, done.stderr
    assert "run the same command again to continue" in done.stderr
