"""The book of rules, read from the docstrings of the code that carries them out."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
FLOORS = ("platform/wangge", "tenants", "gis", "instructors", "grids", "delivery")
_ROWS = re.compile(r"\bRules?: ((?:[SJX]\d\d(?:, ?| and )?)+)")
_ROW = re.compile(r"[SJX]\d\d")


@dataclass(frozen=True)
class CarriedOut:
    """One requirement row carried out in one file: the first sentence of the docstring that names it."""

    row: str
    sentence: str
    file: Path
    test: Path | None


def requirement_rows() -> dict[str, dict[str, str]]:
    """The rows of the contract by id: the clause in Chinese and its meaning in English."""
    return tomllib.loads((Path(__file__).parent / "requirement_rows.toml").read_text(encoding="utf-8"))


def expected_test(file: Path) -> Path:
    """Where the test of a rule file stands: the same place under tests/, the same name."""
    inside = file.relative_to("platform/wangge") if file.is_relative_to("platform/wangge") else file
    return Path("tests") / inside.parent / f"test_{inside.name}"


def _documented(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            text = ast.get_docstring(node)
            if text:
                yield text


def rule_book(root: Path = ROOT) -> list[CarriedOut]:
    """Every row carried out, by row and file; `test` is the test of the same name when it exists."""
    found: dict[tuple[str, Path], CarriedOut] = {}
    for floor in FLOORS:
        for path in sorted((root / floor).rglob("*.py")):
            file = path.relative_to(root)
            test = expected_test(file)
            for text in _documented(ast.parse(path.read_text(encoding="utf-8"))):
                sentence = re.sub(r"\s*Rules?: .*", "", text.split("\n")[0]).strip()
                for match in _ROWS.finditer(text):
                    for row in _ROW.findall(match[1]):
                        entry = CarriedOut(row, sentence, file, test if (root / test).exists() else None)
                        found.setdefault((row, file), entry)
    order = {"S": 0, "J": 1, "X": 2}
    return sorted(found.values(), key=lambda entry: (order[entry.row[0]], entry.row, str(entry.file)))


def printed(root: Path = ROOT) -> str:
    """The book as Markdown, for docs/rules.md."""
    rows = requirement_rows()
    book = rule_book(root)
    lines = [
        "# Rules",
        "",
        "Printed by `python manage.py print_docs` from the docstrings; do not edit by hand. S rows come from the Shanghai",
        "responsibility letter and its service process, J rows from the Jiaozuo report on sports grids, X rows settle what",
        "both leave silent.",
        "",
        f"Rules of {len({entry.row for entry in book})} of the {len(rows)} rows stand in the code of this version.",
        "A row may ask for more than the rules listed here, where what it is about (orders, pay, activities) is not built yet.",
        "",
        "| row | clause | meaning | what the code does | file | test |",
        "|---|---|---|---|---|---|",
    ]
    for entry in book:
        row = rows[entry.row]
        test = f"`{entry.test}`" if entry.test else "through its services' tests"
        lines.append(
            f"| {entry.row} | {row['zh']} | {row['en']} | {entry.sentence} | `{entry.file}` | {test} |"
        )
    missing = [row for row in rows if row not in {entry.row for entry in book}]
    lines += ["", "Rows without any rule yet: " + (", ".join(missing) or "none") + ".", ""]
    return "\n".join(lines)
