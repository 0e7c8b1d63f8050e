"""Uploads of an earlier version find their city's folder."""

from __future__ import annotations

import pytest
from django.core.files.storage import default_storage
from django_tenants.utils import schema_context

from tenants.accounts.models import User
from tenants.bureau.models import StoredFile
from tenants.bureau.services.sorted_files import sort_files


@pytest.mark.django_db
def test_each_file_goes_to_the_city_that_knows_it_once(alpha, beta, settings, tmp_path):
    settings.WANGGE_FILES_DIR, settings.MEDIA_ROOT = tmp_path, str(tmp_path)
    settings.STORAGES = {**settings.STORAGES}
    (tmp_path / "layer_import").mkdir()
    for city, name in ((alpha, "a"), (beta, "b")):
        (tmp_path / "layer_import" / name).write_text(city.slug)
        with schema_context(city.schema_name):
            StoredFile.objects.create(
                name="x", storage_key=f"layer_import/{name}", sha256="0" * 64, size_bytes=5, purpose="x",
                stored_by=User.objects.get(username="root"),
            )  # fmt: skip
    assert (sort_files(alpha), sort_files(alpha)) == (1, 0)
    assert (tmp_path / "city_alpha" / "layer_import" / "a").read_text() == "alpha"
    assert (tmp_path / "layer_import" / "b").exists()
    assert sort_files(beta) == 1
    with schema_context("city_beta"):
        assert default_storage.exists("layer_import/b") and not default_storage.exists("layer_import/a")
