"""What a command says: notes and progress on standard error, the summary on standard output."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol

from gis.compute.commands.wording import Language, worded


class Advance(Protocol):
    """Moves a progress bar to `done` of `total`."""

    def __call__(self, done: int, total: int) -> None: ...


class Speaker:
    """Speaks in one language; `quiet` leaves out notes and progress, `as_json` the summary in words."""

    def __init__(self, language: Language, *, quiet: bool = False, as_json: bool = False) -> None:
        self.language = language
        self.quiet = quiet
        self.as_json = as_json

    def words(self, zh: str, en: str) -> str:
        """The text in the speaker's language."""
        return worded(self.language, zh, en)

    def note(self, zh: str, en: str) -> None:
        """Say something on the way."""
        if not self.quiet:
            sys.stderr.write(self.words(zh, en) + "\n")
            sys.stderr.flush()

    def error(self, zh: str, en: str) -> None:
        """Say what went wrong, even when quiet."""
        sys.stderr.write(self.words(zh, en) + "\n")
        sys.stderr.flush()

    @contextmanager
    def progress(self, zh: str, en: str, *, is_counted: bool = False) -> Iterator[Advance]:
        """A progress bar on standard error for the block; counted where it is known how much there is to do."""
        if self.quiet:
            yield lambda done, total: None
            return
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            ProgressColumn,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )

        columns: list[ProgressColumn] = [TextColumn("{task.description}"), BarColumn()]
        counted = [MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn()]
        columns += counted if is_counted else [TimeElapsedColumn()]
        bar = Progress(*columns, console=Console(stderr=True))
        with bar:
            task = bar.add_task(worded(self.language, zh, en).replace("\n", " / "), total=None)
            yield lambda done, total: bar.update(task, completed=done, total=total)
            if not is_counted:
                bar.update(task, completed=1, total=1)

    def summary(self, values: Mapping[str, object]) -> None:
        """The result: as JSON, or as the lines under `lines` (pairs of Chinese and English)."""
        lines = values.get("lines", [])
        if self.as_json:
            plain = {name: value for name, value in values.items() if name != "lines"}
            sys.stdout.write(json.dumps(plain, ensure_ascii=False) + "\n")
        elif isinstance(lines, list):
            for zh, en in lines:
                sys.stdout.write(self.words(zh, en) + "\n")
        sys.stdout.flush()
