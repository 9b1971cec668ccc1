"""One thread that makes calls in order, and that nobody has to wait for."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from queue import SimpleQueue
from typing import TypeVar

T = TypeVar("T")

FAREWELL_S = 2.0
"""How long a call in hand may take to end before its thread is left behind."""


class Hand:
    """Makes calls one after the other on a daemon thread.

    As a ThreadPoolExecutor of one, whose thread Python would wait for at the end of the process however long it takes.
    """

    def __init__(self, name: str) -> None:
        self._calls: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    def submit(self, call: Callable[[], T]) -> Future[T]:
        """What `call` will give, once those before it are made."""
        answer: Future[T] = Future()

        def make() -> None:
            try:
                answer.set_result(call())
            except BaseException as error:  # noqa: BLE001  (whoever asks for the answer gets it)
                answer.set_exception(error)

        self._calls.put(make)
        return answer

    def close(self) -> None:
        """Make no further call; one that does not end is left behind."""
        while not self._calls.empty():
            self._calls.get_nowait()
        self._calls.put(None)
        self._thread.join(FAREWELL_S)

    def _work(self) -> None:
        while (call := self._calls.get()) is not None:
            call()


def made_within(call: Callable[[], object], seconds: float, name: str) -> bool:
    """Whether `call` came back in time (its error is raised here); else it is left behind on its thread."""
    answer = Hand(name).submit(call)
    if not wait([answer], seconds).done:
        return False
    answer.result()
    return True
