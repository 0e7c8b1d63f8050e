"""Every refusal of the instructors' floors has a test that bears the name of a requirement row and asks for its code.

Rules: S07, J08, J12, J13, J20
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# A test of a row: test_s07_…, test_J12_….
OF_A_ROW = re.compile(r"test_[sSjJxX]\d\d_")
CODE = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+")
MAKERS = re.compile(
    r"RuleBroken|Finding|_\w+"
)  # helpers that make a refusal take the code among their arguments


def _codes_of(tree: ast.AST) -> Iterator[str]:
    """Codes given to whatever makes a refusal or a finding."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if not MAKERS.fullmatch(name):
            continue
        for given in node.args:
            if (
                isinstance(given, ast.Constant)
                and isinstance(given.value, str)
                and CODE.fullmatch(given.value)
            ):
                yield given.value


def refusal_codes() -> dict[str, str]:
    """Every code of the two floors, with a file that raises it."""
    found: dict[str, str] = {}
    for path in sorted((ROOT / "instructors").rglob("*.py")):
        if "migrations" in path.parts:
            continue
        for code in _codes_of(ast.parse(path.read_text(encoding="utf-8"))):
            found.setdefault(code, str(path.relative_to(ROOT)))
    return found


def _tested() -> set[str]:
    """Codes that stand in a test of a row, or in its parameters."""
    found: set[str] = set()
    for path in sorted((ROOT / "tests" / "instructors").rglob("test_*.py")):
        text = path.read_text(encoding="utf-8")
        for node in ast.parse(text).body:
            if isinstance(node, ast.FunctionDef) and OF_A_ROW.match(node.name):
                first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
                lines = text.splitlines()[first - 1 : node.end_lineno]
                found |= {match[0] for match in CODE.finditer("\n".join(lines))}
    return found


def test_the_floors_raise_many_refusals() -> None:
    assert {"INSTRUCTOR_DUPLICATE", "INSTRUCTOR_TIME_CONFLICT", "CERT_EXPIRED", "NEEDS_REFUSED"} <= set(
        refusal_codes()
    )


def test_every_refusal_is_asked_for_by_a_test_named_after_its_row() -> None:
    tested = _tested()
    missing = {code: file for code, file in refusal_codes().items() if code not in tested}
    assert missing == {}
