"""A PostgreSQL of the test's own, with a copy of the prepared database in it, that may be ended as roughly as one likes.

As root it runs under the user of `./dev`'s cluster, because PostgreSQL does not run as root.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, connections

OWNER = "wangge-dev"
_CONFIGURATION = """
listen_addresses = ''
unix_socket_directories = '{folder}'
fsync = on
full_page_writes = on
synchronous_commit = on
shared_buffers = 64MB
max_locks_per_transaction = 512
max_connections = 60
timezone = 'UTC'
jit = off
"""


class PrivateCluster:
    """Starts, stops and restarts its server; Django stands in its database until `remove`."""

    def __init__(self, size_mb: int | None = None) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="wangge-pg-"))
        self._mounted = size_mb is not None
        if self._mounted:
            mount = ["mount", "-t", "tmpfs", "-o", f"size={size_mb}m", "tmpfs", str(self.folder)]
            subprocess.run(mount, check=True)
        if os.getuid() == 0:
            shutil.chown(self.folder, OWNER, OWNER)
        self._bin = Path(self._ask("SELECT setting FROM pg_config WHERE name = 'BINDIR'"))
        self._admin = settings.DATABASES["default"]["USER"]
        self._password = secrets.token_hex(16)
        self._before = dict(settings.DATABASES["default"])
        self.name = "wangge"
        self._create()

    @staticmethod
    def _ask(query: str) -> str:
        with connection.cursor() as cursor:
            cursor.execute(query)
            return str(cursor.fetchone()[0])

    def _run(self, *command: str, text: str | None = None) -> str:
        lead = ["runuser", "-u", OWNER, "--"] if os.getuid() == 0 else []
        run = subprocess.run(
            # `cat |`, because the file behind /dev/stdin must be the owner's own pipe.
            [*lead, "sh", "-c", 'cat | "$@"', "sh", str(self._bin / command[0]), *command[1:]],
            input=text or "", capture_output=True, text=True, cwd="/", check=False,
        )  # fmt: skip
        assert run.returncode == 0, run.stderr
        return run.stdout

    def _create(self) -> None:
        data = str(self.folder / "data")
        self._run(
            "initdb", "-D", data, "-U", self._admin, "-A", "scram-sha-256", "-E", "UTF8", "--locale=C.UTF-8",
            "--no-sync", "--pwfile=/dev/stdin", text=self._password,
        )  # fmt: skip
        (self.folder / "data" / "postgresql.auto.conf").write_text(_CONFIGURATION.format(folder=self.folder))
        self.start()
        roles, schema = self._copied()
        environment = os.environ | {"PGPASSWORD": self._password}
        psql = [
            str(self._bin / "psql"),
            "-h",
            str(self.folder),
            "-U",
            self._admin,
            "-qX",
            "-v",
            "ON_ERROR_STOP=1",
        ]
        for database, script in (
            ("postgres", f'{roles}\nCREATE DATABASE "{self.name}";'),
            (self.name, schema),
        ):
            subprocess.run(
                [*psql, "-d", database],
                input=script,
                text=True,
                check=True,
                env=environment,
                stdout=subprocess.DEVNULL,
            )
        self._stand_in()

    def _copied(self) -> tuple[str, str]:
        """The installation's roles, and the database that this test run would have stood in."""
        here = self._before
        place = ["-h", here["HOST"], "-p", str(here["PORT"] or 5432), "-U", here["USER"]]
        environment = os.environ | {"PGPASSWORD": here["PASSWORD"]}

        def dump(*command: str) -> str:
            run = subprocess.run(
                [str(self._bin / command[0]), *place, *command[1:]],
                env=environment, check=True, capture_output=True, text=True,
            )  # fmt: skip
            return run.stdout

        mine = re.compile(
            rf"^(CREATE|ALTER) ROLE {settings.WANGGE_INSTALLATION}_\w|^GRANT {settings.WANGGE_INSTALLATION}_"
        )
        lines = dump("pg_dumpall", "--roles-only").splitlines()
        roles = [re.sub(r" GRANTED BY \w+", "", line) for line in lines if mine.match(line)]
        return "\n".join(roles), dump("pg_dump", connection.settings_dict["NAME"])

    def _stand_in(self) -> None:
        connections.close_all()
        there = {"HOST": str(self.folder), "PORT": "5432", "PASSWORD": self._password, "NAME": self.name}
        settings.DATABASES["default"].update(there)
        connection.settings_dict.update(there)

    def _control(self, *arguments: str) -> None:
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-w", "-l", str(self.folder / "log"), *arguments)
        connections.close_all()

    def start(self) -> None:
        """Start the server and wait until it answers."""
        self._control("start")

    def stop(self, mode: str = "immediate") -> None:
        """Stop the server: `immediate` is what a power cut leaves behind."""
        self._control("stop", "-m", mode)

    def restart(self, mode: str = "immediate") -> None:
        """Stop it and start it."""
        self.stop(mode)
        self.start()

    def remove(self) -> None:
        """End the server and forget it."""
        connections.close_all()
        there: dict[str, Any] = {key: self._before[key] for key in ("HOST", "PORT", "PASSWORD", "NAME")}
        settings.DATABASES["default"].update(there)
        connection.settings_dict.update(there)
        with suppress(AssertionError):  # the test may have stopped it
            self._run("pg_ctl", "-D", str(self.folder / "data"), "-w", "stop", "-m", "immediate")
        if self._mounted:
            subprocess.run(["umount", "-l", str(self.folder)], check=True)
        shutil.rmtree(self.folder, ignore_errors=True)
