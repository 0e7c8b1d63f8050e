"""Which lines of the product the tests run, told to coverage.py at a small part of what its own tracer costs.

Before Python 3.12 a tracer slows down everything that runs, Django and the libraries too: tests took twice the time.
SlipCover puts a probe before each line of the product alone. What the probes saw is written as coverage.py's own data:
its settings in pyproject.toml, its report and its floor stay what they are.

CI loads this by PYTEST_PLUGINS, which pytest reads in every process before Django, and with it the product, is loaded.
"""

from __future__ import annotations

import os
import re
from collections.abc import Generator
from io import StringIO
from linecache import getline
from pathlib import Path
from types import CodeType
from typing import Any

import coverage
import pytest
from slipcover import FileMatcher, ImportManager, Slipcover

ROOT = Path(__file__).resolve().parents[1]
# SlipCover could take probes out again while tests run; that saves little and meddles with functions of other threads.
NEVER = 2**31 - 1
# What numba reads bears no probe, and coverage.py leaves it out of its count (`exclude_also` in pyproject.toml).
COMPILED = re.compile(r"\s*@(njit|kernel|inlined)\b")


class _Probes(Slipcover):
    """Puts probes into all that is imported but the kernels."""

    def instrument(self, co: CodeType, parent: CodeType | None = None) -> CodeType:
        if COMPILED.match(getline(co.co_filename, co.co_firstlineno)):
            return co
        return super().instrument(co, parent)  # type: ignore[no-any-return]

    def lines(self) -> dict[str, set[int]]:
        """The lines that ran, by file."""
        return {file: set(seen) for file, seen in self.newly_seen.items()}


def _settings() -> coverage.Coverage:
    settled = coverage.Coverage(config_file=str(ROOT / "pyproject.toml"))
    settled.set_option("run:disable_warnings", ["no-data-collected"])
    return settled


_source = [str(ROOT / folder) for folder in _settings().config.source]
_probes = _Probes(d_miss_threshold=NEVER)
ImportManager(_probes, FileMatcher(sources=_source, omit=["*/migrations/*"])).__enter__()
_told = pytest.StashKey[str]()


def _serves_another(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


def _data(suffix: str | None = None) -> coverage.CoverageData:
    return coverage.CoverageData(basename=str(_settings().config.data_file), suffix=suffix)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Forget what an earlier run left."""
    if not _serves_another(session.config):
        _data().erase(parallel=True)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, Any, Any]:
    """Every process writes down what it saw; the one that the others serve puts it together and holds the floor."""
    result = yield
    seen = _data(suffix=str(os.getpid()))
    seen.add_lines(_probes.lines())
    seen.write()
    if not _serves_another(session.config):
        session.config.stash[_told] = _report(session)
    return result


def _report(session: pytest.Session) -> str:
    measured, text = _settings(), StringIO()
    with measured.collect():  # nothing of its own: it notes the files that no test loads
        pass
    measured.combine()
    total, floor = measured.report(file=text, skip_covered=True), measured.config.fail_under
    if total < floor:
        session.testsfailed += 1
        text.write(f"\nFAIL: tests run {total:.2f} % of the lines, less than {floor} %\n")
    return text.getvalue()


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """The report of coverage.py."""
    if _told in config.stash:
        terminalreporter.section("lines that ran")
        terminalreporter.write(config.stash[_told])
