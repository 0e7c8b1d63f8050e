"""Ctrl-C and SIGTERM ask a command to stop; it stops where nothing is half done."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


class Interrupted(Exception):
    """The person stopped the command; `zh` and `en` say what stands and how to go on."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en


class StopNow(BaseException):
    """Raised in the midst of the arithmetic when a stop was asked for and not heard in time."""


@contextmanager
def stop_on_signal(grace_s: float | None = None) -> Iterator[Callable[[], bool]]:
    """Within the block the first Ctrl-C or SIGTERM only makes the given function answer yes.

    A second one interrupts at once (KeyboardInterrupt). With `grace_s` the work that has not asked by then is broken
    off by StopNow, in this thread: for blocks in which nothing can be left half done.
    """
    asked = False

    def ask(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True
        if grace_s is not None:
            # Again each second: what is raised while something is being cleared away is lost.
            signal.setitimer(signal.ITIMER_REAL, grace_s, 1.0)

    def break_off(number: int, frame: FrameType | None) -> None:
        raise StopNow

    handlers = {signal.SIGINT: ask, signal.SIGTERM: ask}
    if grace_s is not None:
        handlers[signal.SIGALRM] = break_off
    before = {each: signal.signal(each, handler) for each, handler in handlers.items()}
    try:
        yield lambda: asked
    finally:
        if grace_s is not None:
            signal.setitimer(signal.ITIMER_REAL, 0)
        for each, handler in before.items():
            signal.signal(each, handler)
