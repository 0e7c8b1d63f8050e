"""What forbids serving in production, and how every process says so."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from wangge.shell.environment import Environment, refuse
from wangge.shell.production import Deployment, is_local, is_weak, is_weak_password, production_faults
from wangge.shell.rates import DEFAULTS
from wangge.shell.settings_database import database_settings

ROOT = Path(__file__).resolve().parents[2]
KEY, DATA_KEY = "0f1e2d3c4b5a69788796a5b4c3d2e1f0" * 2, "9a8b7c6d5e4f30211203f4e5d6c7b8a9" * 2
SOUND = Deployment(
    secret_key=KEY,
    data_key=DATA_KEY,
    is_debug=False,
    uses_dev_page=False,
    database_url="postgresql://db:5432/wangge",
    login="web",
    passwords={"web": "", "operator": "k2v8-m4qx-t7zp"},
    operator_hosts=("operator.sports.example",),
)


def test_a_sound_deployment_may_serve() -> None:
    assert production_faults(SOUND) == []
    administered = replace(
        SOUND, login="admin", database_url="postgresql://wangge_admin:k2v8-m4qx-t7zp@db/wangge"
    )
    assert production_faults(administered) == []
    by_socket = replace(SOUND, login="admin", database_url="postgresql:///wangge?host=/run/postgresql")
    assert production_faults(by_socket) == [], "peer authentication needs no password"


@pytest.mark.parametrize(
    ("change", "variable"),
    [
        ({"secret_key": ""}, "WANGGE_SECRET_KEY"),
        ({"secret_key": KEY[:31]}, "WANGGE_SECRET_KEY"),
        ({"secret_key": "a" * 64}, "WANGGE_SECRET_KEY"),
        ({"secret_key": "django-insecure-" + KEY}, "WANGGE_SECRET_KEY"),
        ({"secret_key": "development-only-key"}, "WANGGE_SECRET_KEY"),
        ({"data_key": ""}, "WANGGE_DATA_KEY"),
        ({"data_key": DATA_KEY[:-1]}, "WANGGE_DATA_KEY"),
        ({"data_key": "g" + DATA_KEY[1:]}, "WANGGE_DATA_KEY"),
        ({"data_key": "0" * 64}, "WANGGE_DATA_KEY"),
        ({"data_key": DATA_KEY + "\n"}, "WANGGE_DATA_KEY"),
        ({"data_key": KEY.upper()}, "WANGGE_DATA_KEY"),
        ({"is_debug": True}, "WANGGE_DEBUG"),
        ({"uses_dev_page": True}, "WANGGE_VITE_DEV"),
        ({"database_url": ""}, "DATABASE_URL"),
        ({"login": "admin"}, "DATABASE_URL"),
        ({"login": "admin", "database_url": "postgresql://wangge:wangge@db/wangge"}, "DATABASE_URL"),
        ({"login": "admin", "database_url": "postgresql://u:wangge_admin-2026@db/w"}, "DATABASE_URL"),
        ({"login": "admin", "database_url": "postgresql://u:short-7xq@db/wangge"}, "DATABASE_URL"),
        ({"passwords": {"web": "wangge"}}, "WANGGE_WEB_PASSWORD"),
        ({"passwords": {"operator": "operator12345"}}, "WANGGE_OPERATOR_PASSWORD"),
        ({"operator_hosts": ()}, "WANGGE_OPERATOR_HOSTS"),
        ({"operator_hosts": ("operator.localhost",)}, "WANGGE_OPERATOR_HOSTS"),
        ({"operator_hosts": ("operator.example", "127.0.0.1:8002")}, "WANGGE_OPERATOR_HOSTS"),
        ({"metrics_token": "secret"}, "WANGGE_METRICS_TOKEN"),
    ],
)
def test_every_fault_names_its_variable_in_both_languages(change: dict[str, object], variable: str) -> None:
    faults = production_faults(replace(SOUND, **change))  # type: ignore[arg-type]
    assert {fault.variable for fault in faults} == {variable}
    assert all(fault.zh and fault.en for fault in faults)
    given = [value for value in change.values() if isinstance(value, str) and len(value) > 5]
    assert not any(value in fault.zh + fault.en for fault in faults for value in given if "://" not in value)


@pytest.mark.parametrize(
    "host", ["", "*", "localhost", "x.localhost:8002", "127.0.0.1", "127.9.9.9:80", "[::1]:80"]
)
def test_local_names_reach_nobody(host: str) -> None:
    assert is_local(host)


@pytest.mark.parametrize("host", ["operator.sports.example", "192.0.2.7", "localhost.example"])
def test_names_of_the_world_do(host: str) -> None:
    assert not is_local(host)


def test_random_secrets_are_not_weak() -> None:
    assert not is_weak("5f2c9e7b1a8d4063" * 2)
    assert not is_weak_password("9f86d081884c7d65")
    assert is_weak_password("short")
    assert is_weak_password("wangge-admin-123")


# --- reading -------------------------------------------------------------------------------------------------------


def test_malformed_values_are_gathered_and_replaced_by_the_default() -> None:
    given = Environment({"SLOTS": "many", "FLAG": "perhaps", "KIND": "prod", "GOOD": " 7 ", "LIST": "a, b,,"})
    assert given.number("SLOTS", 2) == 2
    assert given.flag("FLAG") is False
    assert given.choice("KIND", "development", ("development", "production")) == "development"
    assert given.number("GOOD", 2) == 7
    assert given.words("LIST") == ["a", "b"]
    assert [fault.variable for fault in given.faults] == ["SLOTS", "FLAG", "KIND"]
    with pytest.raises(SystemExit) as ended:
        refuse(given.faults)
    assert all(name in str(ended.value) for name in ("SLOTS", "FLAG", "KIND"))
    assert "many" not in str(ended.value), "a value may be a secret"


def test_a_secret_may_come_from_a_mounted_file(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(f"{KEY}\n")
    given = Environment({"ONE_FILE": str(file), "TWO_FILE": str(tmp_path / "absent"), "TWO": ""})
    assert given.secret("ONE") == KEY
    assert given.secret("TWO") == ""
    assert [fault.variable for fault in given.faults] == ["TWO_FILE"]


# --- whole processes -----------------------------------------------------------------------------------------------

BARE = {
    "PATH": os.environ["PATH"],
    "LANG": "C.UTF-8",
    "PYTHONPATH": f"{ROOT / 'platform'}:{ROOT}",
    "WANGGE_ENV": "production",
}
GRANIAN = [
    sys.executable,
    "-m",
    "granian",
    "--interface",
    "wsgi",
    "--port",
    "0",
    "wangge.shell.wsgi:application",
]
MANAGE = [sys.executable, str(ROOT / "manage.py")]
GOOD = {
    "WANGGE_SECRET_KEY": KEY,
    "WANGGE_DATA_KEY": DATA_KEY,
    "DATABASE_URL": "postgresql://db.example:5432/wangge",
    "WANGGE_OPERATOR_HOSTS": "operator.sports.example",
    "WANGGE_TRUSTED_PROXIES": "127.0.0.1,10.0.0.0/8",
    "WANGGE_LOGIN": "web",
}


def started(command: list[str], **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, env=BARE | variables, capture_output=True, text=True, timeout=60, check=False, cwd=ROOT
    )


@pytest.mark.parametrize(
    "command",
    [GRANIAN, [*MANAGE, "run_worker"], [*MANAGE, "prepare_database"], [*MANAGE, "check"]],
    ids=["granian", "worker", "prepare_database", "check"],
)
def test_no_process_starts_in_production_with_defaults(command: list[str]) -> None:
    ended = started(command)
    said = ended.stderr + ended.stdout
    assert ended.returncode != 0
    for variable in ("WANGGE_SECRET_KEY", "WANGGE_DATA_KEY", "DATABASE_URL", "WANGGE_OPERATOR_HOSTS"):
        assert variable in said, "every fault at once"
    assert "网格平台未启动" in said and "Wangge does not start" in said
    assert "Traceback" not in said


def test_a_malformed_value_is_told_without_a_traceback_in_development_too() -> None:
    ended = started(
        [*MANAGE, "check"],
        WANGGE_ENV="development",
        WANGGE_INSTALLATION="my_city",
        WANGGE_WORKER_SLOTS="two",
        WANGGE_TRUSTED_PROXIES="everybody",
        WANGGE_RATE_USER="often",
        WANGGE_RATE_STORAGE="ftp://x",
        DATABASE_URL="postgresql://db:port/wangge",
        WANGGE_LOG_LEVEL="loud",
    )
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    for variable in ("WANGGE_INSTALLATION", "WANGGE_WORKER_SLOTS", "WANGGE_TRUSTED_PROXIES", "WANGGE_RATE_USER",
                     "WANGGE_RATE_STORAGE", "DATABASE_URL", "WANGGE_LOG_LEVEL"):  # fmt: skip
        assert variable in ended.stderr


def test_an_unknown_environment_is_not_taken_for_development() -> None:
    ended = started([*MANAGE, "check"], WANGGE_ENV="prod")
    assert ended.returncode == 1
    assert "WANGGE_ENV" in ended.stderr


def test_the_frameworks_own_check_finds_nothing_in_production() -> None:
    ended = started([*MANAGE, "check", "--deploy", "--fail-level", "WARNING"], **GOOD)
    assert ended.returncode == 0, ended.stderr


def test_cookies_of_production_stay_on_their_own_host() -> None:
    names = "print(s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, s.SESSION_COOKIE_SECURE, s.SECURE_HSTS_SECONDS)"
    ended = started([sys.executable, "-c", f"import wangge.shell.settings as s; {names}"], **GOOD)
    assert ended.stdout.split() == ["__Host-wangge_session", "__Host-wangge_session_csrf", "True", "31536000"]


def test_production_does_not_trust_the_machine_itself_with_the_metrics() -> None:
    """Behind a proxy on the same machine everybody looks like it."""
    ended = started(
        [sys.executable, "-c", "import wangge.shell.settings as s; print(s.WANGGE_METRICS_FOR_MACHINE)"],
        **GOOD,
    )
    assert ended.stdout.split() == ["False"], ended.stderr


def test_what_the_databases_address_asks_for_is_asked_of_the_database() -> None:
    """TLS that was wished for and not spoken, or a failover that writes to a standby, would be silent."""
    given = Environment(
        {"DATABASE_URL": "postgresql:///w?host=a,b&sslmode=verify-full&target_session_attrs=read-write"}
    )
    settled = database_settings(given, login="web", installation="wangge", passwords={"web": "x"})
    assert (given.faults, settled["HOST"]) == ([], "a,b")
    assert (
        settled["OPTIONS"] | {"sslmode": "verify-full", "target_session_attrs": "read-write"}
        == settled["OPTIONS"]
    )


@pytest.mark.parametrize("option", ["sslmod=require", "options=-crole%3Dx", "pool="])
def test_an_unknown_option_of_the_databases_address_is_not_passed_over(option: str) -> None:
    given = Environment({"DATABASE_URL": f"postgresql://db/wangge?{option}"})
    database_settings(given, login="web", installation="wangge", passwords={"web": "x"})
    assert [fault.variable for fault in given.faults] == ["DATABASE_URL"]


def test_every_variable_that_is_read_is_told() -> None:
    shell = ROOT / "platform" / "wangge" / "shell"
    source = "".join(file.read_text(encoding="utf-8") for file in shell.glob("settings*.py"))
    told = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    read = set(re.findall(r"\b_?given\.\w+\(\s*\"(\w+)\"", source))
    read |= {f"WANGGE_RATE_{kind.upper()}" for kind in DEFAULTS}
    assert len(read) > 40
    assert {name for name in read if f"`{name}`" not in told} == set()
