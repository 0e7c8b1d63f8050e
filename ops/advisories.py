"""Asks the advisory services whether a library of ours has a known vulnerability, and says so when they cannot be asked.

Python's libraries go through pip-audit over what the lock file exports, the page's through `npm audit`. A service that
does not answer, or that knows none of our libraries, is "not checked": that is told, and is no failure.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[1]
WEB = ROOT / "platform" / "web"
PATIENCE_S = 300
_LONGEST_REASON = 200


class Advice(NamedTuple):
    """What a service said: how many libraries it knew, which of them are vulnerable, why it could not be asked."""

    language: str
    checked: int
    vulnerable: tuple[str, ...]
    not_checked: str = ""


def run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """A tool with its output; one that takes too long counts as not answering."""
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )


def last_line(text: str) -> str:
    """The end of what a tool complained of, short enough for one line."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:_LONGEST_REASON] if lines else "no reason given"


# --- Python --------------------------------------------------------------------------------------------------------


def read_pip_audit(report: dict[str, Any]) -> Advice:
    """pip-audit's report; a library that the service does not know was skipped, which is not the same as sound."""
    known = [library for library in report["dependencies"] if "skip_reason" not in library]
    vulnerable = [
        f"{library['name']} {library['version']}: {found['id']}"
        + (f", mended in {', '.join(found['fix_versions'])}" if found.get("fix_versions") else "")
        for library in known
        for found in library.get("vulns", [])
    ]
    skipped = [library["name"] for library in report["dependencies"] if "skip_reason" in library]
    if not skipped:
        return Advice("python", len(known), tuple(vulnerable))
    shown = ", ".join(sorted(skipped)[:5]) + (" …" if len(skipped) > 5 else "")
    reason = f"the advisory service knows nothing of {len(skipped)} libraries ({shown})"
    return Advice("python", len(known), tuple(vulnerable), reason)


def ask_for_python(uv: str) -> Advice:
    """Everything in the lock file, tools included: they run on developers' machines and in CI."""
    with tempfile.TemporaryDirectory(prefix="audit-") as folder:
        wanted = Path(folder) / "requirements.txt"
        export = [uv, "export", "--frozen", "--no-emit-project", "--no-hashes", "--quiet", "-o", str(wanted)]
        exported = run(export, ROOT)
        if exported.returncode:
            return Advice("python", 0, (), f"uv could not export the lock file: {last_line(exported.stderr)}")
        audit = [sys.executable, "-m", "pip_audit", "-r", str(wanted), "--no-deps", "--disable-pip"]
        asked = run([*audit, "--format", "json", "--progress-spinner", "off"], ROOT)
    try:
        return read_pip_audit(json.loads(asked.stdout))
    except (ValueError, KeyError, TypeError):
        return Advice("python", 0, (), last_line(asked.stderr))


# --- the page --------------------------------------------------------------------------------------------------------


def read_npm_audit(report: dict[str, Any]) -> Advice:
    """npm's report; an error in it means that the registry has no advisory service."""
    if "vulnerabilities" not in report:
        error = report.get("error") or {}
        reason = report.get("message") or error.get("summary") or error.get("code") or "no report"
        return Advice("page", 0, (), str(reason)[:_LONGEST_REASON])
    vulnerable = []
    for name, found in sorted(report["vulnerabilities"].items()):
        titles = [via["title"] for via in found.get("via", []) if isinstance(via, dict)]
        vulnerable.append(
            f"{name} {found.get('range', '')} ({found.get('severity', '?')}): {'; '.join(titles)}"
        )
    checked = report.get("metadata", {}).get("dependencies", {}).get("total", 0)
    return Advice("page", checked, tuple(vulnerable))


def ask_for_page() -> Advice:
    """The lock file of the page."""
    npm = shutil.which("npm")
    if npm is None:
        return Advice("page", 0, (), "npm is not installed")
    asked = run([npm, "audit", "--json", "--package-lock-only"], WEB)
    start = asked.stdout.find("{")
    try:
        return read_npm_audit(json.loads(asked.stdout[start:]))
    except ValueError:
        return Advice("page", 0, (), last_line(asked.stderr))


# --- both ------------------------------------------------------------------------------------------------------------


def answers() -> Iterator[Advice]:
    """What each service says."""
    uv = shutil.which("uv") or str(ROOT / ".local" / "tools" / "bin" / "uv")
    asked: dict[str, Callable[[], Advice]] = {"python": lambda: ask_for_python(uv), "page": ask_for_page}
    for language, ask in asked.items():
        try:
            yield ask()
        except (OSError, subprocess.TimeoutExpired) as error:
            yield Advice(language, 0, (), f"{type(error).__name__}: {last_line(str(error))}")


def tell(advice: Advice) -> None:
    """The findings, then what was and what was not checked."""
    for found in advice.vulnerable:
        print(f"VULNERABLE {advice.language:8}{found}", file=sys.stderr)
    if advice.checked:
        print(
            f"{advice.language}: {advice.checked} libraries checked, {len(advice.vulnerable)} vulnerabilities"
        )
    if advice.not_checked:
        print(f"{advice.language}: not checked: {advice.not_checked}")


def main() -> int:
    """1 when a vulnerability is known; 0 also where nothing could be asked."""
    given = list(answers())
    for advice in given:
        tell(advice)
    return 1 if any(advice.vulnerable for advice in given) else 0


if __name__ == "__main__":
    sys.exit(main())
