"""Results in compressed frames, found again by commit; what was not finished counts for nothing."""

from __future__ import annotations

import hashlib

import msgspec
import numpy as np
import pytest
from cooldown_connectors.git import frames
from cooldown_connectors.git.frames import Frames, FrameWriter


def _id(number):
    return hashlib.sha1(b"%d" % number).hexdigest()


def _write(path, numbers, fail=False):
    with FrameWriter(path) as writer:
        for number in numbers:
            result = msgspec.msgpack.encode([number, "x" * number])
            writer.write(_id(number), result, mark=bytes([number]) * 8, size=number)
        if fail:
            raise KeyboardInterrupt


def _ids(numbers):
    return np.array([_id(number).encode() for number in numbers])


def test_results_come_back_from_several_files_with_their_columns(tmp_path, monkeypatch):
    monkeypatch.setattr(frames, "_FRAME_BYTES", 64)
    _write(tmp_path / "a.diffs", range(1, 20))
    _write(tmp_path / "b.diffs", range(20, 40))
    read = Frames(tmp_path, ".diffs")
    numbers = [39, 1, 20, 7]
    rows = read.look_up(_ids(numbers))
    assert [msgspec.msgpack.decode(read.read(row))[0] for row in rows] == numbers
    assert read.sizes(rows).tolist() == numbers
    assert read.marks(rows).tolist() == [bytes([number]) * 8 for number in numbers]


def test_what_is_not_there_has_no_row(tmp_path):
    assert Frames(tmp_path, ".diffs").look_up(_ids([1, 2])).tolist() == [-1, -1]
    _write(tmp_path / "a.diffs", [1])
    rows = Frames(tmp_path, ".diffs").look_up(_ids([2, 1, 99]))
    assert (rows >= 0).tolist() == [False, True, False]


def test_a_file_that_was_not_finished_counts_for_nothing(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        _write(tmp_path / "a.diffs", [1], fail=True)
    assert Frames(tmp_path, ".diffs").look_up(_ids([1])).tolist() == [-1]


def test_suffixes_are_told_apart(tmp_path):
    _write(tmp_path / "a.lines", [1])
    assert Frames(tmp_path, ".diffs").look_up(_ids([1])).tolist() == [-1]
