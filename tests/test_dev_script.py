"""`./dev` keeps its promises: private, safe to run twice, beside another checkout, gone when cleaned."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import stat
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

ROOT = Path(__file__).resolve().parents[1]
SHELL_FILES = [ROOT / "dev", ROOT / ".ci" / "run", *sorted((ROOT / "ops").glob("*.sh"))]


def clean_environment() -> dict[str, str]:
    """What a person's terminal has, without what ./dev or the test run added."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("WANGGE_", "PG", "DATABASE_URL", "DJANGO"))
    }


def functions(local: Path, script: str) -> str:
    """Run a piece of shell with ./dev's functions loaded, for a checkout whose .local is `local`."""
    setting = f'set -euo pipefail; ROOT="{local.parent}"; LOCAL="{local}"'
    setting += "; for file in ops/machine.sh ops/cluster.sh ops/servers.sh; do . $file; done"
    run = subprocess.run(
        ["bash", "-c", f"{setting}; {script}"],
        cwd=ROOT,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    return run.stdout.strip()


@pytest.fixture
def local(tmp_path: Path) -> Path:
    folder = tmp_path / ".local"
    (folder / "log").mkdir(parents=True)
    (folder / "run").mkdir()
    return folder


@pytest.mark.parametrize("file", SHELL_FILES, ids=lambda path: path.name)
def test_shell_files_parse(file: Path) -> None:
    subprocess.run(["bash", "-n", str(file)], check=True)


def test_help_names_every_command() -> None:
    run = subprocess.run([str(ROOT / "dev"), "help"], capture_output=True, text=True, check=True)
    for command in (
        "demo",
        "test",
        "check",
        "audit",
        "verify-audit",
        "bench",
        "load",
        "cities",
        "up",
        "db",
        "psql",
        "manage",
        "stop",
        "clean",
        "help",
    ):
        assert f"\n  {command}" in run.stdout


def test_an_unknown_command_is_refused() -> None:
    run = subprocess.run([str(ROOT / "dev"), "destroy"], capture_output=True, text=True, check=False)
    assert run.returncode != 0
    assert "no such command: destroy" in run.stderr


def test_a_taken_port_is_passed_over(local: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert int(functions(local, f"free_port {port}")) > port


def test_secrets_are_for_their_owner_alone(local: Path) -> None:
    functions(local, "umask 000; keep_secret ONE 1; keep_secret TWO 2; keep_secret ONE 3; ensure_secrets")
    assert stat.S_IMODE((local / "env").stat().st_mode) == 0o600
    assert functions(local, "secret ONE; secret TWO") == "3\n2"
    assert len(functions(local, "secret WANGGE_SECRET_KEY")) == 64


def test_secrets_are_made_once(local: Path) -> None:
    first = functions(local, "ensure_secrets; cat $LOCAL/env")
    assert functions(local, "ensure_secrets; cat $LOCAL/env") == first


def test_the_socket_path_stays_short_in_a_deep_folder(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 90) / ".local"
    sockets = functions(deep, "is_root() { false; }; place_cluster; echo $PG_SOCKETS")
    assert len(f"{sockets}/.s.PGSQL.54321") < 100


def test_a_pid_file_of_another_process_is_stale(local: Path) -> None:
    """After a reboot the number in postmaster.pid may be anybody's: here it is this test's."""
    data = local / "pg" / "data"
    data.mkdir(parents=True)
    (data / "postmaster.pid").write_text(f"{os.getpid()}\n")
    said = functions(local, f'run_pg() {{ "$@"; }}; PG_DATA="{data}"; cluster_pid || echo none')
    assert said == "none"
    assert not (data / "postmaster.pid").exists()


def test_the_callers_own_database_is_used() -> None:
    """A DATABASE_URL that is not ours is left alone; one sourced from .local/env is ours."""
    theirs, ours = "postgresql://u@db.example/wangge", "postgresql://wangge_admin:x@/wangge?host=/s&port=1"
    script = (
        f"secret() {{ echo '{ours}'; }}; is_own_url '{theirs}' || echo no; is_own_url '{ours}' && echo yes"
    )
    assert functions(ROOT / ".local", script) == "no\nyes"


def alive(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    with suppress(OSError):  # it may go between the look and the reading
        return stat.read_text().rpartition(") ")[2][0] != "Z"
    return False


def gone(pid: int) -> bool:
    """True as soon as the process has ended; a kill is heard a moment after it was sent."""
    until = time.monotonic() + 30
    while alive(pid) and time.monotonic() < until:
        time.sleep(0.05)
    return not alive(pid)


def until_written(file: Path) -> str:
    """Shell text that waits for the file; a busy machine may take seconds to begin a process."""
    return f"for _ in $(seq 300); do [ -s {file} ] && break; sleep 0.1; done"


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="reads /proc")
@pytest.mark.parametrize("manners", ["", "trap '' TERM; "], ids=["polite", "deaf"])
def test_a_started_process_is_ended_with_its_children(local: Path, manners: str) -> None:
    """A server has workers of its own; one that does not hear is killed with them."""
    toy = f"{manners}sleep 300 & echo $! >{local}/child; wait; wait"
    functions(
        local,
        f'start_process toy bash -c "{toy.replace("$", chr(92) + "$")}"; {until_written(local / "child")}',
    )
    pid = int((local / "run" / "toy.pid").read_text().split()[0])
    child = int((local / "child").read_text())
    assert alive(pid)
    assert functions(local, "process_pid toy") == str(pid)
    functions(local, "STOP_WITHIN_S=1; stop_processes toy")
    assert gone(pid)
    if manners:
        assert gone(child)
    else:
        os.kill(child, signal.SIGKILL)
    assert not (local / "run" / "toy.pid").exists()


def test_a_worker_that_dies_is_started_again_and_a_server_is_not(local: Path) -> None:
    """Its jobs are safe in the queue; a server's end is told and ends the run."""
    script = (
        f'python() {{ echo "$WANGGE_LOGIN" >>{local}/lives; [ "$(wc -l <{local}/lives)" -gt 2 ] && exec sleep 60; '
        f'sleep 0.1; }}; export -f python; env() {{ export "$1"; shift; "$@"; }}; export -f env; RESTART_AFTER_S=0; '
        "start_worker operator-worker; start_process city bash -c 'sleep 4'; (supervise) 2>&1 || echo the run ends; "
        "STOP_WITHIN_S=1; stop_processes operator-worker city; echo $SERVED"
    )
    said = functions(local, script)
    assert (local / "lives").read_text().split() == ["operator"] * 3
    assert said.count("starting operator-worker again") == 2
    assert "city ended by itself" in said and "the run ends" in said
    assert said.splitlines()[-1] == "operator-worker city"


def test_a_foreign_process_with_a_remembered_number_is_left_alone(local: Path) -> None:
    with subprocess.Popen(["sleep", "60"]) as stranger:
        (local / "run" / "city.pid").write_text(f"{stranger.pid} 12345\n")
        try:
            functions(local, "STOP_WITHIN_S=1; stop_processes city")
            assert stranger.poll() is None
        finally:
            stranger.kill()


# --- a second checkout, from nothing to clean ---------------------------------------------------------------


class Checkout:
    """A copy of `./dev` in a folder of its own, whose name has a blank in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        shutil.copy(ROOT / "dev", folder)
        shutil.copytree(ROOT / "ops", folder / "ops")

    def dev(self, *arguments: str) -> str:
        run = subprocess.run(
            [str(self.folder / "dev"), *arguments],
            env=clean_environment(), capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        assert run.returncode == 0, run.stderr
        return run.stdout + run.stderr

    @property
    def secrets(self) -> dict[str, str]:
        lines = (self.folder / ".local" / "env").read_text().splitlines()
        return {name: value.strip("'") for name, _, value in (line.partition("=") for line in lines)}

    def ask(self, query: str) -> object:
        with psycopg.connect(self.secrets["DATABASE_URL"]) as connection:
            row = connection.execute(query).fetchone()
        return row and row[0]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    made = Checkout(tmp_path_factory.mktemp("checkouts") / "second checkout")
    made.dev("db")
    yield made
    made.dev("clean", "--yes")


def test_the_cluster_is_set_up_as_the_product_needs(checkout: Checkout) -> None:
    assert checkout.ask("select current_database()") == "wangge"
    assert checkout.ask("show server_encoding") == "UTF8"
    assert checkout.ask("show timezone") == "UTC"
    assert checkout.ask("show listen_addresses") == "127.0.0.1"
    assert (
        checkout.ask("select count(*) from pg_available_extensions where name in ('postgis', 'btree_gist')")
        == 2
    )


def test_nobody_enters_without_a_password(checkout: Checkout) -> None:
    url = checkout.secrets["DATABASE_URL"]
    with pytest.raises(psycopg.OperationalError, match="no password supplied"):
        psycopg.connect(url, password="")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(url, password="guessed")
    methods = "select string_agg(distinct auth_method, ',' order by auth_method) from pg_hba_file_rules"
    assert checkout.ask(methods) == "reject,scram-sha-256"


@pytest.mark.parametrize("by", ["socket", "tcp"])
def test_city_roles_are_rejected_at_the_door(checkout: Checkout, by: str) -> None:
    """A city's role has LOGIN and no password; the server must refuse it before it asks for one."""
    with psycopg.connect(checkout.secrets["DATABASE_URL"], autocommit=True) as connection:
        connection.execute("drop role if exists wangge_somecity")
        connection.execute("create role wangge_somecity login")
    where = {} if by == "socket" else {"host": "127.0.0.1"}
    with pytest.raises(psycopg.OperationalError, match=r"pg_hba\.conf rejects"):
        psycopg.connect(checkout.secrets["DATABASE_URL"], user="wangge_somecity", password="any", **where)


def test_a_second_run_changes_nothing(checkout: Checkout) -> None:
    before, started = checkout.secrets, checkout.ask("select pg_postmaster_start_time()")
    checkout.dev("db")
    assert checkout.secrets == before
    assert checkout.ask("select pg_postmaster_start_time()") == started


def test_it_comes_back_after_a_crash(checkout: Checkout) -> None:
    checkout.ask("select 1")
    with psycopg.connect(checkout.secrets["DATABASE_URL"]) as connection:
        row = connection.execute("select pg_read_file('postmaster.pid')").fetchone()
    assert row
    os.kill(int(row[0].split()[0]), signal.SIGKILL)
    checkout.dev("db")
    assert checkout.ask("select 1") == 1


def test_a_lost_env_file_is_made_again(checkout: Checkout) -> None:
    checkout.ask("select 1")
    old = checkout.secrets["WANGGE_ADMIN_PASSWORD"]
    (checkout.folder / ".local" / "env").unlink()
    checkout.dev("db")
    assert checkout.secrets["WANGGE_ADMIN_PASSWORD"] != old
    assert checkout.ask("select 1") == 1


def test_another_checkout_has_another_cluster(checkout: Checkout, tmp_path: Path) -> None:
    other = Checkout(tmp_path / "third")
    # As if it were a copy of the first, ports and all.
    (other.folder / ".local").mkdir()
    shutil.copy(checkout.folder / ".local" / "pg.port", other.folder / ".local")
    try:
        other.dev("db")
        identifier = "select system_identifier from pg_control_system()"
        assert other.ask(identifier) != checkout.ask(identifier)
        assert other.ask("show port") != checkout.ask("show port")
    finally:
        other.dev("clean", "--yes")
    assert not (other.folder / ".local").exists()
    assert checkout.ask("select 1") == 1


def test_stop_ends_the_server(checkout: Checkout) -> None:
    checkout.dev("stop")
    with pytest.raises(psycopg.OperationalError):
        checkout.ask("select 1")
    checkout.dev("stop")
    checkout.dev("db")
