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


@contextmanager
def stop_on_signal() -> Iterator[Callable[[], bool]]:
    """Within the block the first Ctrl-C or SIGTERM only makes the given function answer yes.

    A second one interrupts at once.
    """
    asked = False

    def ask(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True

    before = {each: signal.signal(each, ask) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: asked
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
