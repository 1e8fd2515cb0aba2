import threading

import pytest

from engine.command.blocking import attach, blocking


class Pool:
    def __init__(self):
        self.calls = []

    def thread_blocks(self):
        self.calls.append("blocks")

    def thread_continues(self):
        self.calls.append("continues")


def in_thread(work):
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def test_the_pool_of_the_thread_is_told():
    pool = Pool()

    def work():
        attach(pool)
        with pytest.raises(ValueError, match="inside"), blocking():
            raise ValueError("inside")

    in_thread(work)
    assert pool.calls == ["blocks", "continues"]


def test_a_thread_of_no_pool_just_waits():
    pool = Pool()
    in_thread(lambda: attach(pool))
    with blocking():
        pass
    assert pool.calls == []
