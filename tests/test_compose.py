"""What compose.yaml gives each process is what production asks for. (No container engine is needed, nor proved.)"""

from __future__ import annotations

import os
import re
import secrets
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from wangge import __version__

ROOT = Path(__file__).resolve().parents[1]
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))[
    "services"
]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}
FILLED = {"WANGGE_OPERATOR_HOSTS": "operator.sports.example", "WANGGE_TRUSTED_PROXIES": "172.16.0.0/12"}


def filled(text: str) -> str:
    """A value with its variables replaced as `.env` would; a secret of its own for each."""
    return re.sub(r"\$\{(\w+)[^}]*\}", lambda found: FILLED.setdefault(found[1], secrets.token_hex(32)), text)


def test_the_image_bears_the_products_version() -> None:
    assert {service["image"] for service in OURS.values()} == {f"wangge:{__version__}"}


@pytest.mark.parametrize("name", OURS)
def test_production_accepts_what_each_service_is_given(name: str, tmp_path: Path) -> None:
    environment = {key: filled(str(value)) for key, value in OURS[name]["environment"].items()}
    ended = subprocess.run(
        [sys.executable, "-c", "import wangge.shell.settings as s; print(s.WANGGE_LOGIN, s.DEBUG)"],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": f"{ROOT / 'platform'}:{ROOT}", "WANGGE_ENV": "production"}
        | environment,
        capture_output=True, text=True, check=False, timeout=60, cwd=tmp_path,
    )  # fmt: skip
    assert (ended.stdout.split(), ended.stderr) == ([environment["WANGGE_LOGIN"], "False"], "")


@pytest.mark.parametrize("name", SERVICES)
def test_no_container_may_more_than_it_must(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))


@pytest.mark.parametrize("name", OURS)
def test_no_process_knows_a_password_that_is_not_its_own(name: str) -> None:
    given = {key for key in OURS[name]["environment"] if key.endswith("_PASSWORD")}
    login = OURS[name]["environment"]["WANGGE_LOGIN"]
    own = {f"WANGGE_{login.upper()}_PASSWORD"}
    assert given == (
        {"WANGGE_WEB_PASSWORD", "WANGGE_OPERATOR_PASSWORD", "WANGGE_WORKER_PASSWORD"}
        if login == "admin"
        else own
    )
