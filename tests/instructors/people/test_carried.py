"""A city that is exported and imported opens the sealed columns of its register as before. Rules: X01, X07"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django_tenants.utils import schema_context

from instructors.people.models import Instructor
from instructors.people.queries.instructors import digest_of_id, holder_of_digest
from instructors.people.rules.identity_number import IdKind, id_key
from instructors.people.services.identity import reveal_instructor
from tenants.registry.services import drop_city
from tenants.registry.services.export import export_city
from tenants.registry.services.imports import import_city

from .conftest import invented_id, invented_phone

ACCOUNT = "6222020000000000001"


@pytest.fixture
def exported(
    committed_database: Any, alpha: Any, enter: Any, make_user: Any, tmp_path: Path, settings: Any
) -> Path:
    """Alpha with one person as a file."""
    settings.WANGGE_FILES_DIR = tmp_path / "files"
    settings.MEDIA_ROOT = str(tmp_path / "files")
    settings.WANGGE_EXPORT_DIR = tmp_path / "exports"
    settings.STORAGES = {**settings.STORAGES}  # a new storage, which reads the new folder
    enter(1, phone=invented_phone(1), bank_account=ACCOUNT)
    make_user(alpha, "seer", ["instructor.view", "personal.full_value"])
    path = tmp_path / "alpha.wangge"
    export_city(city=alpha, target=path, acting_user=None)
    return path


@pytest.fixture
def carried(exported: Path) -> Iterator[Any]:
    """The city of that file under another name."""
    city = import_city(path=exported, slug="carried", name="迁入市", hosts=["carried.test"], acting_user=None)
    yield city
    connection.set_schema_to_public()
    with suppress(Exception):
        drop_city(city=city, acting_user=None)


def test_X01_a_carried_city_opens_the_sealed_numbers_of_its_register(carried, exported):
    from tenants.accounts.models import User

    content = exported.read_bytes()
    assert not any(number.encode() in content for number in (invented_id(1), invented_phone(1), ACCOUNT))
    with schema_context(carried.schema_name):
        person = Instructor.objects.get()
        opened = reveal_instructor(
            instructor_id=person.pk, items=["id_number", "phone", "bank_account"], purpose="service_contact",
            note="通知上课时间", acting_user=User.objects.get(username="seer"),
        )  # fmt: skip
        known = holder_of_digest(digest_of_id(id_key(invented_id(1), IdKind.RESIDENT)))
    assert opened == {"id_number": invented_id(1), "phone": invented_phone(1), "bank_account": ACCOUNT}
    assert known is not None and known.pk == person.pk, "the same number is known again, and refused"
