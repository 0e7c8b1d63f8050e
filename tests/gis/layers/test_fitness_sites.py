"""J13 and J20: fitness sites come from tables and maps in every coordinate system a city has, or are refused."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from django.core.files.uploadedfile import SimpleUploadedFile

from gis.compute.crs import to_gcj02
from gis.layers.models import FitnessSite
from gis.layers.services.undoing import undo_import
from instructors.assignment.models import Site

from .conftest import codes, communities, houses

pytestmark = pytest.mark.django_db

Bring = Callable[..., Any]
COUNT = 60


def places() -> tuple[np.ndarray, np.ndarray]:
    """Sites all over the three communities, near their edges too, as a city's list has them."""
    number = np.arange(COUNT)
    return 113.2003 + (number % 20) * 0.00149, 35.2004 + (number // 20) * 0.0043 + (number % 7) * 0.00011


def table(lon: np.ndarray, lat: np.ndarray, **columns: Any) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "站点编号": [f"Z{at:03d}" for at in range(len(lon))],
            "站点名称": [f"健身站点{at}" for at in range(len(lon))],
            "经度": lon,
            "纬度": lat,
            **columns,
        }
    )


def workbook(frame: pd.DataFrame) -> SimpleUploadedFile:
    sink = io.BytesIO()
    frame.to_excel(sink, index=False)
    return SimpleUploadedFile("健身站点.xlsx", sink.getvalue())


def stored() -> np.ndarray:
    rows = FitnessSite.objects.filter(retired_by=None).order_by("ref")
    return np.array([row.geometry.coords for row in rows])


@pytest.mark.parametrize("system", ["WGS-84", "CGCS2000", "GCJ-02"])
def test_j20_a_workbook_with_lon_and_lat_is_brought_in_each_declared_system(
    bring: Bring, system: str
) -> None:
    bring("communities", communities())
    lon, lat = places()
    given = to_gcj02(lon, lat) if system == "GCJ-02" else (lon, lat)
    done = bring("fitness_sites", workbook(table(*given)), crs=system)
    assert done.status == "applied", done.errors
    assert done.counts["added"] == COUNT
    assert np.abs(stored() - np.column_stack([lon, lat])).max() < 2e-6  # 20 cm
    assert Site.objects.filter(valid_to=None).count() == COUNT


def test_j20_sites_of_gcj02_declared_otherwise_lie_300_to_700_m_off_and_are_refused(bring: Bring) -> None:
    bring("communities", communities())
    bring("buildings", houses())
    lon, lat = places()
    bring("fitness_sites", workbook(table(lon, lat)), crs="CGCS2000")
    done = bring("fitness_sites", workbook(table(*to_gcj02(lon, lat))), crs="WGS-84", leave_out_outside=True)
    assert (done.status, codes(done.errors)) == ("refused", ["LAYER_OFFSET"])
    facts = done.errors[0]["facts"]
    assert 300 < np.hypot(facts["dx_m"], facts["dy_m"]) < 700
    assert facts["declare"] == "GCJ-02"
    assert Site.objects.filter(valid_to=None).count() == COUNT  # nothing was changed
    mended = bring("fitness_sites", workbook(table(*to_gcj02(lon, lat))), crs="GCJ-02")
    assert mended.status == "applied", mended.errors


def test_j20_a_shapefile_with_gbk_attributes_is_read(bring: Bring, tmp_path: Path) -> None:
    bring("communities", communities())
    lon, lat = places()
    frame = gpd.GeoDataFrame(
        {"名称": ["民生街晨练点"] * COUNT, "地址": ["解放路"] * COUNT, "容纳人数": [40] * COUNT},
        geometry=shapely.points(lon, lat), crs=4490,
    )  # fmt: skip
    frame.to_file(tmp_path / "sites.shp", encoding="GBK")
    (tmp_path / "sites.cpg").unlink()
    sink = io.BytesIO()
    with ZipFile(sink, "w") as archive:
        for part in tmp_path.glob("sites.*"):
            archive.write(part, part.name)
    done = bring("fitness_sites", SimpleUploadedFile("sites.zip", sink.getvalue()))
    assert done.status == "applied", done.errors
    row = FitnessSite.objects.first()
    assert (row.name, row.address, row.capacity) == ("民生街晨练点", "解放路", 40)
    assert set(Site.objects.values_list("site_kind", flat=True)) == {"exercise_node"}


def test_j13_capacity_hours_and_access_come_along_and_the_head_does_not(bring: Bring) -> None:
    bring("communities", communities())
    lon, lat = places()
    hours = ["06:00-08:00,18:30-21:00", "周一至周五 08:00-12:00", ""] * (COUNT // 3)
    more = {"容纳人数": 30, "开放时间": hours, "无障碍": "是", "负责人": "测试甲"}
    done = bring("fitness_sites", workbook(table(lon, lat, **more)), crs="CGCS2000")
    assert done.status == "applied", done.errors
    first = FitnessSite.objects.get(ref="Z000")
    assert (first.capacity, first.opening_hours, first.is_accessible) == (30, hours[0], True)
    sites = {site.ref: site for site in Site.objects.all()}
    assert (sites["Z000"].capacity, sites["Z000"].is_step_free) == (30, True)
    assert len(sites["Z000"].opening_hours) == 14
    assert [span["weekday"] for span in sites["Z001"].opening_hours] == [1, 2, 3, 4, 5]
    assert sites["Z002"].opening_hours == []
    assert "测试甲" not in str([vars(site) for site in sites.values()])


def test_j13_hours_that_cannot_be_read_are_refused_row_by_row(bring: Bring) -> None:
    bring("communities", communities())
    lon, lat = places()
    hours = ["06:00-08:00"] * COUNT
    hours[4], hours[9] = "早上", "22:00-02:00"
    done = bring("fitness_sites", workbook(table(lon, lat, 开放时间=hours)), crs="CGCS2000")
    assert done.status == "refused"
    assert [(finding["code"], finding["row"]) for finding in done.errors] == [
        ("OPENING_HOURS_UNREADABLE", 6), ("OPENING_HOURS_UNREADABLE", 11)
    ]  # fmt: skip
    assert "跨夜请写成两段" in str(done.errors[1])


def test_j20_sites_follow_every_import_and_every_undoing(bring: Bring, gis_user: Any) -> None:
    bring("communities", communities())
    lon, lat = places()
    bring("fitness_sites", workbook(table(lon, lat)), crs="CGCS2000")
    kept = Site.objects.get(ref="Z003").pk
    tried = bring("fitness_sites", workbook(table(lon[:5], lat[:5])), crs="CGCS2000", dry_run=True)
    assert (tried.status, Site.objects.filter(valid_to=None).count()) == ("checked", COUNT)
    fewer = bring("fitness_sites", workbook(table(lon[:5], lat[:5])), crs="CGCS2000")
    assert Site.objects.filter(valid_to=None).count() == 5
    undo_import(layer_import_id=fewer.pk, acting_user=gis_user)
    assert Site.objects.filter(valid_to=None).count() == COUNT
    assert Site.objects.get(ref="Z003").pk == kept
    assert Site.objects.get(ref="Z003").unit.level == "village"


def test_j13_a_site_for_nobody_is_refused_as_where_it_is_edited(bring: Bring) -> None:
    bring("communities", communities())
    lon, lat = places()
    for capacity, code in ((0, "CAPACITY_TOO_SMALL"), (-1, "CAPACITY_NEGATIVE"), (1, None)):
        done = bring("fitness_sites", workbook(table(lon, lat, 容纳人数=capacity)), crs="CGCS2000")
        assert {error["code"] for error in done.errors} == ({code} if code else set())
