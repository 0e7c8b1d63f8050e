"""Tables of a report: parameters, input files, and rows of figures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from gis.compute.report.page import section, words_html
from gis.compute.report.values import About, Words


@dataclass(frozen=True)
class Column:
    """A column's heading; numbers stand to the right; `is_wide` columns keep room for text."""

    words: Words
    is_number: bool = True
    is_wide: bool = False

    @property
    def css(self) -> str:
        """The class attribute of its cells."""
        return ' class="n"' if self.is_number else ' class="wide"' if self.is_wide else ""


# A longer table begins with so many rows; the others unfold on a click.
FIRST_ROWS = 60
# More columns than these never fit beside each other on a phone: there a line says that there are more.
_FIT_ON_A_PHONE = 3
_SWIPE = '<p class="swipe">左右滑动查看其余列 → <span class="en">swipe sideways for more columns</span></p>'


def table(columns: Sequence[Column], rows: Iterable[Sequence[str]]) -> str:
    """A table of finished cells (HTML); where it is wider than the screen its first column stays and a hint is given."""
    given = list(rows)
    shown, rest = (given, []) if len(given) <= FIRST_ROWS + 10 else (given[:FIRST_ROWS], given[FIRST_ROWS:])
    first = _table(columns, shown)
    if not rest:
        return first
    words = f'其余 {len(rest)} 行 <span class="en">{len(rest)} more rows</span>'
    return f"{first}<details><summary>{words}</summary>{_table(columns, rest)}</details>"


def _table(columns: Sequence[Column], rows: Iterable[Sequence[str]]) -> str:
    heads = "".join(
        f"<th{column.css}>{escape(column.words[0])}<small>{escape(column.words[1])}</small></th>"
        for column in columns
    )
    body = "".join(
        "<tr>"
        + "".join(f"<td{column.css}>{cell}</td>" for column, cell in zip(columns, row, strict=True))
        + "</tr>\n"
        for row in rows
    )
    hint = _SWIPE if len(columns) > _FIT_ON_A_PHONE else ""
    return (
        f'{hint}<div class="scroll" tabindex="0" role="region" aria-label="{escape(columns[0].words[0])}">'
        f"<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def more_rows(rest: int) -> str:
    """A line that says how many rows were left out, nothing where none were."""
    if rest <= 0:
        return ""
    return f"<p>另有 {rest} 个未列出。 <span class='en'>{rest} more are not listed.</span></p>"


def share(value: float, digits: int = 1) -> str:
    """A share as per cent."""
    return f"{value * 100:.{digits}f}%"


def signed(value: float) -> str:
    """A deviation as signed per cent, with a true minus sign."""
    return f"{value * 100:+.1f}%".replace("-", "\u2212")


def whole(value: float) -> str:
    """A whole number with separators."""
    return f"{value:,.0f}"


def about_sections(about: About) -> list[str]:
    """Notes, parameters and input files."""
    return [
        section(("提示", "Notes and warnings"), _notes(about)),
        section(("参数", "Parameters"), _parameters(about)),
        section(("输入文件", "Input files"), _sources(about)),
    ]


def _notes(about: About) -> str:
    if not about.notes:
        return ""
    return f'<ul class="notes">{"".join(f"<li>{words_html(note)}</li>" for note in about.notes)}</ul>'


def _parameters(about: About) -> str:
    if not about.parameters:
        return ""
    columns = [Column(("参数", "parameter"), is_number=False), Column(("取值", "value"), is_number=False)]
    return table(columns, [(words_html(words), escape(value)) for words, value in about.parameters])


def _sources(about: About) -> str:
    if not about.sources:
        return ""
    columns = [
        Column(("图层", "layer"), is_number=False),
        Column(("文件", "file"), is_number=False),
        Column(("格式", "format"), is_number=False),
        Column(("坐标系", "coordinates"), is_number=False),
        Column(("行数", "rows")),
        Column(("采用", "used")),
        Column(("指纹", "SHA-256"), is_number=False),
    ]
    rows = [
        (
            words_html(source.kind), escape(_named(source.file, source.layer)), escape(source.format),
            escape(source.crs), whole(source.rows), whole(source.used), f"<code>{escape(source.sha256[:12])}</code>",
        )
        for source in about.sources
    ]  # fmt: skip
    return table(columns, rows)


def _named(file: str, layer: str) -> str:
    stem = file.rpartition(".")[0]
    return file if not layer or layer in (file, stem) else f"{file} · {layer}"
