import threading

import pytest
from cooldown_connectors.http.waiting import Waiting

from cooldown_kit.errors import Stopped
from cooldown_kit.events import Message, Progress

from ...support.loopback_server import FakeClock


def test_a_short_wait_tells_nothing():
    clock, events = FakeClock(), []
    Waiting(clock, events.append, "forge").until(4.5, "a pause")
    assert clock.passed == 4.5
    assert events == []


def test_a_long_wait_tells_for_what_and_until_when_and_how_far_it_is():
    clock, events = FakeClock(), []
    Waiting(clock, events.append, "forge").until(90.0, "the quota is used up")
    assert clock.passed == 90
    assert max(clock.slept) <= 1
    assert isinstance(events[0], Message)
    assert events[0].text == "forge: waiting until 10:01:30 UTC (90 s): the quota is used up"
    progress = [event for event in events if isinstance(event, Progress)]
    assert len(progress) == 90
    assert (progress[-1].done, progress[-1].total, progress[-1].unit) == (90, 90, "seconds waited")


def test_what_has_passed_is_not_waited_for():
    clock = FakeClock()
    clock.passed = 10
    Waiting(clock, lambda event: None, "forge").until(9.0, "nothing")
    assert clock.slept == []


def test_of_several_threads_that_wait_one_tells():
    events = []
    turn = threading.Barrier(3)

    class Together(FakeClock):
        def sleep(self, seconds):
            turn.wait(30)
            if threading.current_thread() is threads[0]:
                self.passed += seconds
            turn.wait(30)

    clock = Together()
    waiting = Waiting(clock, events.append, "forge")
    threads = [threading.Thread(target=waiting.until, args=(6.0, "calm")) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(isinstance(event, Message) for event in events) == 1


def test_a_stopped_wait_ends_within_a_slice():
    clock = FakeClock()
    waiting = Waiting(clock, lambda event: None, "forge")
    waiting.stop()
    with pytest.raises(Stopped):
        waiting.until(3600.0, "the quota is used up")
    assert clock.passed <= 1
