"""A city that is carried over brings its bookings, and its database refuses clashing ones as before."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django_tenants.utils import schema_context

from instructors.assignment.models import Booking
from instructors.assignment.services.bookings import book


@pytest.fixture
def carried(
    committed_database: str, alpha: Any, booked_world: Any, tmp_path: Path, settings: Any
) -> Iterator[Any]:
    """Alpha with one booking, exported and imported as another city."""
    from tenants.registry.services import drop_city
    from tenants.registry.services.export import export_city
    from tenants.registry.services.imports import import_city

    settings.WANGGE_FILES_DIR = tmp_path / "files"
    settings.MEDIA_ROOT = str(tmp_path / "files")
    settings.WANGGE_EXPORT_DIR = tmp_path / "exports"
    settings.STORAGES = {**settings.STORAGES}  # a new storage, which reads the new folder
    with schema_context(alpha.schema_name):
        book(order=booked_world.order(hall="东厅"), acting_user=booked_world.acting)
    path = tmp_path / "alpha.wangge"
    export_city(city=alpha, target=path, acting_user=None)
    city = import_city(path=path, slug="carried", name="迁入市", hosts=["carried.test"], acting_user=None)
    yield city
    connection.set_schema_to_public()
    with suppress(Exception):
        drop_city(city=city, acting_user=None)


def test_a_carried_city_keeps_its_bookings_and_their_constraints(carried: Any, alpha: Any) -> None:
    with schema_context(alpha.schema_name):
        before = Booking.objects.values("reference", "busy", "padded", "hall", "is_active").get()
    with schema_context(carried.schema_name):
        row = Booking.objects.get()
        assert {name: getattr(row, name) for name in before} == before
        for fields, constraint in (
            ({"site_id": None}, "booking_instructor_busy"),
            ({"instructor_id": None, "hall": ""}, "booking_part_taken"),
        ):
            row = Booking.objects.get()
            row.pk, row.reference = None, "another"
            for name, value in fields.items():
                setattr(row, name, value)
            with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
                row.save()
        assert Booking.objects.count() == 1
