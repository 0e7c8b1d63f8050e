"""Migrations and dumps for tests of stamping and replaying."""

from __future__ import annotations

import importlib
import os
import subprocess
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

_NUMBER = count()


@pytest.fixture
def write_migration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], str]:
    """`write_migration("bureau", "operations = […]")` adds a migration to the app's own for this test; its name."""
    monkeypatch.setattr(settings, "MIGRATION_MODULES", dict(settings.MIGRATION_MODULES), raising=False)
    monkeypatch.syspath_prepend(str(tmp_path))

    def write(app: str, body: str) -> str:
        from django.apps import apps

        real = Path(apps.get_app_config(app).path) / "migrations"
        package = tmp_path / settings.MIGRATION_MODULES.get(app, f"made_{app}_{next(_NUMBER)}")
        package.mkdir(exist_ok=True)
        (package / "__init__.py").write_text(f"__path__ = [{str(real)!r}, {str(package)!r}]\n")
        known = sorted(file.stem for folder in (real, package) for file in folder.glob("[0-9]*.py"))
        name = f"{max(9000, int(known[-1][:4])) + 1}_made"
        (package / f"{name}.py").write_text(
            "from django.conf import settings\nfrom django.db import migrations, models\n"
            "from django.db.models import Q\n"
            "class Migration(migrations.Migration):\n"
            f"    dependencies = [({app!r}, {known[-1]!r}), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]\n"
            + "".join(f"    {line}\n" for line in body.splitlines())
        )
        settings.MIGRATION_MODULES[app] = package.name
        importlib.invalidate_caches()
        return name

    return write


@pytest.fixture
def dump() -> Callable[..., str]:
    """`dump(schema, *options)` is what pg_dump prints of a schema, whose name is replaced by SCHEMA."""

    def make(schema: str, *options: str) -> str:
        database: dict[str, Any] = settings.DATABASES["default"]
        place = ["-h", database["HOST"], "-p", database["PORT"], "-U", database["USER"]]
        command = ["pg_dump", *place, "--no-owner", "--no-privileges", "--inserts", "-n", schema, *options]
        done = subprocess.run(
            [*command, str(connection.settings_dict["NAME"])],
            env=os.environ | {"PGPASSWORD": database["PASSWORD"]},
            check=True,
            capture_output=True,
            text=True,
        )
        # Two lines of a random key, which newer versions of pg_dump write for psql.
        lines = (
            line for line in done.stdout.splitlines() if not line.startswith(("\\restrict", "\\unrestrict"))
        )
        return "\n".join(lines).replace(schema, "SCHEMA")

    return make
