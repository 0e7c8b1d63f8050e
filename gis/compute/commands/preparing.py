"""The kernels are made ready before the first community; whoever has to wait for a compiler is told so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from numba.core.event import Listener, install_listener

from gis.compute.commands.speaking import Speaker
from gis.compute.partition import warm_up


class _Told(Listener):
    """Says once that a kernel is being compiled; kernels from the cache are not heard of."""

    def __init__(self, speaker: Speaker) -> None:
        self._speaker = speaker
        self._has_told = False

    def on_start(self, event: Any) -> None:
        if not self._has_told:
            self._has_told = True
            self._speaker.note(
                "首次运行需编译计算内核，约半分钟", "the first run compiles its kernels, about half a minute"
            )

    def on_end(self, event: Any) -> None:
        pass


@contextmanager
def told_of_compiling(speaker: Speaker) -> Iterator[None]:
    """Within the block, a note is given as soon as a kernel really has to be compiled."""
    with install_listener("numba:compile", _Told(speaker)):
        yield


def prepare_kernels(speaker: Speaker) -> None:
    """Compile the kernels, or load them from numba's cache, before any process needs them."""
    with told_of_compiling(speaker):
        warm_up()
