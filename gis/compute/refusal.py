"""What the map arithmetic says when it is given input it cannot use."""

from __future__ import annotations


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
