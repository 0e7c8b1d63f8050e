"""A small opened city with an org tree, and files to bring into it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import pyogrio
import pytest
import shapely
from django.core.files.uploadedfile import SimpleUploadedFile

CODES = ("410802001001", "410802001002", "410802001003")
NAMES = ("枫华园社区", "民生街社区", "焦西矿社区")
RIGHTS = ("layer.view", "layer.import", "layer.export", "job.view")


def community_box(column: int) -> shapely.Polygon:
    return shapely.box(113.20 + column * 0.01, 35.20, 113.21 + column * 0.01, 35.21)


def communities(count: int = 3, **columns: Any) -> gpd.GeoDataFrame:
    base = {"code": list(CODES[:count]), "name": list(NAMES[:count])}
    return gpd.GeoDataFrame({**base, **columns}, geometry=[community_box(i) for i in range(count)], crs=4490)


def houses(per_community: int = 30, count: int = 3, **columns: Any) -> gpd.GeoDataFrame:
    """Rows of houses inside each community, not on a raster that a shift maps onto itself."""
    shapes = []
    for column in range(count):
        for number in range(per_community):
            x = 113.2004 + column * 0.01 + (number % 7) * 0.00131 + (number // 7) * 0.00007
            y = 35.2006 + (number // 7) * 0.00177
            shapes.append(shapely.box(x, y, x + 0.0003, y + 0.00012))
    ref = [f"b{number}" for number in range(len(shapes))]
    base = {"ref": ref, "floors": [6] * len(shapes), "use": ["住宅"] * len(shapes)}
    return gpd.GeoDataFrame({**base, **columns}, geometry=shapes, crs=4490)


def as_upload(frame: gpd.GeoDataFrame, tmp_path: Path, name: str = "layer.gpkg") -> SimpleUploadedFile:
    path = tmp_path / name
    path.unlink(missing_ok=True)
    pyogrio.write_dataframe(frame, path, layer=path.stem) if name.endswith(
        "gpkg"
    ) else pyogrio.write_dataframe(frame, path)
    return SimpleUploadedFile(name, path.read_bytes())


@pytest.fixture
def city(in_alpha: Any, settings: Any, tmp_path: Path) -> Any:
    """City alpha, opened, with one town and three communities in its tree; uploads go to a folder of the
    test.
    """
    from tenants.bureau.models import CityProfile, OrgCode, OrgUnit
    from tenants.registry.services import as_owner

    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "django_tenants.files.storage.TenantFileSystemStorage",
            "OPTIONS": {"location": str(tmp_path / "files")},
        },
    }
    with as_owner():  # the city itself may not change it
        CityProfile.objects.update(gauss_kruger_epsg=4547, centre_lon=113.24, centre_lat=35.21)

    def unit(level: str, name: str, code: str, parent: Any) -> Any:
        made = OrgUnit.objects.create(level=level, name=name, parent=parent, valid_from=date(2020, 1, 1))
        made.path = f"{parent.path}{made.pk}/"
        made.save()
        OrgCode.objects.create(unit=made, code=code, valid_from=date(2020, 1, 1))
        return made

    county = unit("county", "解放区", "410802", OrgUnit.objects.get(parent=None))
    town = unit("town", "民生街道", "410802001", county)
    for code, name in zip(CODES, NAMES, strict=True):
        unit("village", f"{name}居民委员会", code, town)
    return in_alpha


@pytest.fixture
def gis_user(city: Any, make_user: Callable[..., Any]) -> Any:
    return make_user(city, "gis", RIGHTS)


@pytest.fixture
def bring(city: Any, gis_user: Any, tmp_path: Path, run_jobs: Callable[[Any], Any]) -> Callable[..., Any]:
    """`bring("communities", frame, mode="add", …)` imports a frame as the city's GIS staff and returns the
    import.
    """
    from gis.layers.models import LayerImport
    from gis.layers.rules.import_options import ImportMode, ImportOptions
    from gis.layers.services.imports import request_import

    def do(
        kind: str, frame: gpd.GeoDataFrame | SimpleUploadedFile, *, dry_run: bool = False, **options: Any
    ) -> Any:
        upload = as_upload(frame, tmp_path) if isinstance(frame, gpd.GeoDataFrame) else frame
        label = options.pop("data_label", "")
        if "mode" in options:
            options["mode"] = ImportMode(options["mode"])
        started = request_import(
            upload=upload,
            kind=kind,
            options=ImportOptions(**options),
            dry_run=dry_run,
            source_note="测试",
            data_label=label,
            acting_user=gis_user,
        )
        run_jobs(city)
        return LayerImport.objects.select_related("job").get(pk=started.pk)

    return do


def codes(found: list[dict[str, Any]]) -> list[str]:
    return [finding["code"] for finding in found]
