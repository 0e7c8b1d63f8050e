"""`./dev audit` fails for what is known to be vulnerable, and says what it could not ask."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

FILE = Path(__file__).resolve().parents[1] / "ops" / "advisories.py"


@pytest.fixture(scope="module")
def advisories() -> ModuleType:
    spec = importlib.util.spec_from_file_location("wangge_advisories", FILE)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


SOUND = {"name": "sound", "version": "1", "vulns": []}
ILL = {"name": "ill", "version": "2", "vulns": [{"id": "PYSEC-0000-1", "fix_versions": ["3"]}]}
UNKNOWN = {"name": "unknown", "skip_reason": "Dependency not found on PyPI"}


def test_a_vulnerable_library_is_named_with_its_remedy(advisories: ModuleType) -> None:
    advice = advisories.read_pip_audit({"dependencies": [SOUND, ILL]})
    assert advice.vulnerable == ("ill 2: PYSEC-0000-1, mended in 3",)
    assert (advice.checked, advice.not_checked) == (2, "")


def test_what_the_service_does_not_know_is_not_called_sound(advisories: ModuleType) -> None:
    """pip-audit itself ends with 0 and "no known vulnerabilities" where its service knows nothing at all."""
    advice = advisories.read_pip_audit({"dependencies": [UNKNOWN]})
    assert (advice.checked, advice.vulnerable) == (0, ())
    assert "knows nothing of 1 libraries" in advice.not_checked


def test_npms_findings_are_read_and_its_refusals_told(advisories: ModuleType) -> None:
    found = {"severity": "high", "range": "<2", "via": [{"title": "reads what it should not"}, "other"]}
    report = {"vulnerabilities": {"leaky": found}, "metadata": {"dependencies": {"total": 40}}}
    assert advisories.read_npm_audit(report).vulnerable == ("leaky <2 (high): reads what it should not",)
    refused = advisories.read_npm_audit({"message": "405 Method Not Allowed", "error": {"summary": ""}})
    assert (refused.checked, refused.not_checked) == (0, "405 Method Not Allowed")


@pytest.mark.parametrize(("library", "status"), [(ILL, 1), (SOUND, 0), (UNKNOWN, 0)])
def test_only_a_known_vulnerability_fails(
    advisories: ModuleType, monkeypatch: pytest.MonkeyPatch, library: dict[str, Any], status: int
) -> None:
    def answer(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, 0, json.dumps({"dependencies": [library]}), "")

    monkeypatch.setattr(advisories, "run", answer)
    monkeypatch.setattr(advisories, "ask_for_page", lambda: advisories.Advice("page", 0, (), "no network"))
    assert advisories.main() == status


def test_a_service_that_does_not_answer_is_told_and_forgiven(
    advisories: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def silent(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
        raise subprocess.TimeoutExpired(command, 300)

    monkeypatch.setattr(advisories, "run", silent)
    assert advisories.main() == 0
    said = capsys.readouterr().out
    assert "python: not checked: TimeoutExpired" in said
    assert "page: not checked" in said
