"""What the map arithmetic says when it is given input it cannot use."""

from __future__ import annotations

from typing import Any


class InputRefused(ValueError):
    """Bad input to the map arithmetic, with the place and the remedy.

    `code` is stable and machine-readable; `zh` and `en` carry the facts filled in; `row` is the 1-based row of the
    source file, `field` its column, `place` a lon-lat point. The layers app turns it into `problem+json`.
    """

    def __init__(
        self,
        code: str,
        *,
        zh: str,
        en: str,
        remedy_zh: str = "",
        remedy_en: str = "",
        row: int | None = None,
        field: str | None = None,
        place: tuple[float, float] | None = None,
        facts: dict[str, object] | None = None,
    ) -> None:
        super().__init__(f"{code}: {en}")
        self.code = code
        self.zh = zh
        self.en = en
        self.remedy_zh = remedy_zh
        self.remedy_en = remedy_en
        self.row = row
        self.field = field
        self.place = place
        self.facts = facts or {}

    def __reduce__(self) -> tuple[object, ...]:
        """Travel whole from a worker process: keyword arguments are not in `args`."""
        return _arrived, (self.code, {name: value for name, value in vars(self).items() if name != "code"})


def _arrived(code: str, given: dict[str, Any]) -> InputRefused:
    return InputRefused(code, **given)


class EngineFault(RuntimeError):
    """The arithmetic broke one of its own promises: a fault of this program, never of the input."""
