"""`./dev audit` refuses what may not be shipped."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

FILE = Path(__file__).resolve().parents[1] / "ops" / "licences.py"


@pytest.fixture(scope="module")
def licences() -> ModuleType:
    spec = importlib.util.spec_from_file_location("wangge_licences", FILE)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("licence", "refused"),
    [
        ("MIT", False),
        ("LGPL-3.0-only", False),
        ("GNU Lesser General Public License v3 (LGPLv3)", False),
        ("MIT OR GPL-2.0-only", False),
        ("GPL-3.0-or-later", True),
        ("MIT AND GPL-2.0-only", True),
        ("AGPL-3.0-only", True),
        ("GNU General Public License v2 (GPLv2)", True),
        ("GNU Affero General Public License v3", True),
        ("not said", True),
    ],
)
def test_what_is_shipped_leaves_a_choice_other_than_gpl(
    licences: ModuleType, licence: str, refused: bool
) -> None:
    library = licences.Library("some-library", "1", licence, shipped=True, language="python")
    assert licences.is_refused(library) is refused
    assert not licences.is_refused(library._replace(shipped=False))


def test_tools_are_not_counted_as_shipped(licences: ModuleType) -> None:
    found = {library.name: library for library in licences.python_libraries()}
    assert found["django"].shipped
    assert found["psycopg-binary"].shipped  # by an extra
    assert not found["pytest"].shipped
    assert not found["mypy"].shipped
