"""Turns come in the order in which they were asked for, one at a time, also when one who waits gives up."""

from __future__ import annotations

import threading

from cooldown_api.database.turns import Turns


def wait_until_waiting(turns: Turns, count: int) -> None:
    while len(turns._waiting) < count:
        threading.Event().wait(0.001)


def test_turns_come_in_the_order_asked_for() -> None:
    turns, order = Turns(), []

    def work(number: int) -> None:
        with turns:
            order.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(12)]
    with turns:
        for number, thread in enumerate(threads):
            thread.start()
            wait_until_waiting(turns, number + 1)
    for thread in threads:
        thread.join()
    assert order == list(range(12))


def test_nobody_has_a_turn_beside_another() -> None:
    turns, inside, most = Turns(), 0, 0

    def work() -> None:
        nonlocal inside, most
        for _ in range(500):
            with turns:
                inside += 1
                most = max(most, inside)
                inside -= 1

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1
    with turns:
        pass


def test_an_error_inside_hands_the_turn_on() -> None:
    turns = Turns()
    try:
        with turns:
            raise ValueError
    except ValueError:
        pass
    with turns:
        pass


def test_one_who_gives_up_takes_nobodys_turn() -> None:
    turns = Turns()
    with turns:
        mine = threading.Lock()
        turns._waiting.append(mine)
        turns._give_up(mine)
        assert not turns._waiting
    turns._taken = True  # the turn was handed over at the moment of the interrupt
    turns._give_up(mine)
    with turns:
        pass
