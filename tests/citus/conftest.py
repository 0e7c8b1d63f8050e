"""A throwaway Citus cluster of three nodes on this machine, where the extension stands beside PostgreSQL."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest

ROOT = Path(__file__).resolve().parents[2]
ADMIN = "wangge_admin"
SYSTEM_USER = "wangge-dev"  # PostgreSQL does not run as root
COORDINATOR_HBA = f"""
host all {ADMIN},citest_operator,citest_web,citest_worker 127.0.0.1/32 scram-sha-256
host all all 127.0.0.1/32 reject
"""
# A worker admits whom the coordinator's address sends; here every node has that address.
WORKER_HBA = "host all all 127.0.0.1/32 trust\n"


def _programs() -> Path | None:
    """The newest server that has both PostGIS and Citus beside it."""
    for root in sorted(Path("/usr/lib/postgresql").glob("*"), key=lambda path: int(path.name), reverse=True):
        extensions = Path("/usr/share/postgresql") / root.name / "extension"
        if all((extensions / f"{name}.control").exists() for name in ("postgis", "citus")):
            return root / "bin"
    return None


@dataclass
class Cluster:
    """Three nodes; node 0 is the coordinator."""

    programs: Path
    folder: Path
    password: str
    ports: list[int] = field(default_factory=list)

    def run(self, *command: str | Path) -> None:
        """Run a server's program as the user who owns the nodes."""
        wrapped = ["runuser", "-u", SYSTEM_USER, "--"] if os.geteuid() == 0 else []
        subprocess.run(
            [*wrapped, *map(str, command)], check=True, cwd="/", stdout=subprocess.DEVNULL, timeout=60
        )

    def url(self, node: int = 0, database: str = "wangge") -> str:
        """The administrator's address of a node."""
        return f"postgresql://{ADMIN}:{self.password}@127.0.0.1:{self.ports[node]}/{database}"

    def connect(self, node: int = 0) -> psycopg.Connection[Any]:
        """A session of the administrator on a node."""
        return psycopg.connect(self.url(node), autocommit=True)

    def environment(self, login: str) -> dict[str, str]:
        """The environment of a process of the product on this cluster."""
        return os.environ | {
            "DATABASE_URL": self.url(),
            "WANGGE_CITUS": "1",
            "WANGGE_INSTALLATION": "citest",
            "WANGGE_LOGIN": login,
            "WANGGE_FILES_DIR": str(self.folder / "files"),
            "WANGGE_BACKUP_DIR": str(self.folder / "backups"),
            "WANGGE_EXPORT_DIR": str(self.folder / "exports"),
            "WANGGE_SECRET_KEY": "a-throwaway-key-of-this-test-only-0123456789",
            "PYTHONPATH": f"{ROOT / 'platform'}:{ROOT}",
        }

    def manage(self, *arguments: str, login: str = "admin") -> str:
        """Run a management command and return what it printed."""
        done = subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), *arguments], env=self.environment(login), cwd=ROOT,
            capture_output=True, text=True, timeout=180,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout


def _start_node(cluster: Cluster, number: int) -> None:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        cluster.ports.append(probe.getsockname()[1])
    data = cluster.folder / f"node{number}"
    cluster.run(
        cluster.programs / "initdb", "-D", data, "-U", ADMIN, "-A", "scram-sha-256", "--no-sync",
        "--pwfile", cluster.folder / "password", "--encoding", "UTF8", "--locale", "C.UTF-8",
    )  # fmt: skip
    settings = {
        "port": cluster.ports[number], "listen_addresses": "'127.0.0.1'", "unix_socket_directories": "''",
        "shared_preload_libraries": "'citus'", "max_connections": 200, "max_locks_per_transaction": 512,
        "max_prepared_transactions": 200, "fsync": "off", "timezone": "'UTC'", "shared_buffers": "'64MB'",
    }  # fmt: skip
    with (data / "postgresql.conf").open("a") as conf:
        conf.writelines(f"{name} = {value}\n" for name, value in settings.items())
    (data / "pg_hba.conf").write_text(WORKER_HBA if number else COORDINATOR_HBA)
    cluster.run(
        cluster.programs / "pg_ctl", "-D", data, "-l", cluster.folder / f"{number}.log", "-w", "start"
    )
    with psycopg.connect(cluster.url(number, "postgres"), autocommit=True) as node:
        node.execute("CREATE DATABASE wangge")
    with cluster.connect(number) as node:
        node.execute("CREATE EXTENSION citus")


def _join(cluster: Cluster) -> None:
    with cluster.connect() as coordinator:
        coordinator.execute("SELECT citus_set_coordinator_host('127.0.0.1', %s)", [cluster.ports[0]])
        for port in cluster.ports[1:]:
            coordinator.execute("SELECT citus_add_node('127.0.0.1', %s)", [port])
        coordinator.execute(
            "INSERT INTO pg_dist_authinfo VALUES (0, %s, %s)", [ADMIN, f"password={cluster.password}"]
        )


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """The running cluster, with the product prepared in it."""
    programs = _programs()
    if programs is None:
        pytest.skip("Citus is not installed beside PostgreSQL")
    folder = Path(tempfile.mkdtemp(prefix="wangge-citus-"))
    folder.chmod(0o755)
    made = Cluster(programs, folder, "invented-cluster-password")
    (folder / "password").write_text(made.password)
    if os.geteuid() == 0:
        shutil.chown(folder, SYSTEM_USER)
    try:
        for number in range(3):
            _start_node(made, number)
        _join(made)
        made.manage("prepare_database")
        yield made
    finally:
        for number in range(3):
            if (folder / f"node{number}" / "postmaster.pid").exists():
                made.run(programs / "pg_ctl", "-D", folder / f"node{number}", "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)
