"""The command starts light: no Django ever, no geometry library before one is needed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from gis.compute.commands.wording import Language, language_of

ROOT = Path(__file__).resolve().parents[4]
_RUN = "import sys\nfrom gis.compute.commands import main\ntry:\n main({words})\nexcept SystemExit:\n pass\n"
_TELL = "print(' '.join(sorted(name for name in sys.modules if '.' not in name)), file=sys.stderr)"


def modules_after(words: list[str]) -> set[str]:
    run = subprocess.run(
        [sys.executable, "-c", _RUN.format(words=words) + _TELL],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return set(run.stderr.splitlines()[-1].split())


@pytest.mark.parametrize("words", [["--help"], ["partition", "--help"], ["partition"], ["nonsense"]])
def test_help_and_mistyped_options_load_no_geometry_library(words: list[str]) -> None:
    assert not modules_after(words) & {"geopandas", "numpy", "pandas", "shapely", "numba", "rich", "django"}


def test_a_command_never_loads_django(tmp_path: Path) -> None:
    words = [
        "generate",
        "--out",
        str(tmp_path / "city"),
        "--profile",
        "slab_town",
        "--households",
        "1500",
        "--quiet",
    ]
    loaded = modules_after(words)
    assert "geopandas" in loaded
    assert not loaded & {"django", "rest_framework", "psycopg", "procrastinate"}


def test_the_module_answers_by_its_name() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "gis.compute", "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert all(
        name in run.stdout for name in ("partition", "estimate-households", "coverage", "site", "compare")
    )
    assert "网格" in run.stdout


@pytest.mark.parametrize(
    ("wanted", "environment", "language"),
    [
        ("en", {"LANG": "zh_CN.UTF-8"}, Language.EN),
        (None, {"LANG": "zh_CN.UTF-8"}, Language.ZH),
        (None, {"LANG": "en_GB.UTF-8"}, Language.EN),
        (None, {"LC_ALL": "zh_CN.UTF-8", "LANG": "en_GB.UTF-8"}, Language.ZH),
        (None, {"LANG": "C.UTF-8"}, Language.BOTH),
        (None, {}, Language.BOTH),
    ],
)
def test_the_language_is_asked_for_or_the_terminals(
    wanted: str | None, environment: dict[str, str], language: Language
) -> None:
    assert language_of(wanted, environment) is language
