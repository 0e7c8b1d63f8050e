"""Files of a computed assignment say what their figures are, whose data they show and how they were measured."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any

import geopandas as gpd
import openpyxl
import pytest
from django_tenants.utils import schema_context

from gis.layers.models import LayerImport

LABEL = "演示几何为生成数据；道路 © OpenStreetMap contributors"
ODBL = "© OpenStreetMap contributors, ODbL"


@pytest.fixture
def file_of(alpha, small_city, speaker, compute, make_need, make_site, make_instructor):
    """`file_of("xlsx")`: a form of a computed run with one place filled and one empty."""
    make_instructor("测试甲")
    make_need(make_site("S1"), wanted=2)
    with schema_context(alpha.schema_name):
        LayerImport.objects.filter(pk=small_city.layer_import.pk).update(data_label=LABEL)
    run = compute()

    def take(form: str) -> bytes:
        answer = speaker.get(f"assignment-runs/{run}/export?format={form}")
        assert answer.status_code == 200, answer.content
        return bytes(answer.content)

    return take


def _lines(book: Any, sheet: str) -> dict[str, Any]:
    return dict(list(book[sheet].iter_rows(values_only=True))[1:])


def test_s07_the_sheet_of_figures_has_names_and_no_keys(file_of):
    book = openpyxl.load_workbook(io.BytesIO(file_of("xlsx")))
    assert book.sheetnames == ["分配", "未参与计算", "指标", "说明"]
    told = _lines(book, "指标")
    for name, value in told.items():
        assert re.search(r"[\u4e00-\u9fff].* / [a-z0-9]", name), name
        assert not str(value).startswith(("{", "[")), (name, value)
    assert told["所需人次（人次） / places asked for"] == 2
    assert told["已安排人次（人次） / places filled"] == 1
    assert told["已证明最优 / proven optimal"] == "是 / yes"


def test_s07_the_sheet_of_notes_says_whose_data_and_how_measured(file_of):
    told = _lines(openpyxl.load_workbook(io.BytesIO(file_of("xlsx"))), "说明")
    assert (told["数据说明 / data"], told["署名 / attribution"]) == (LABEL, ODBL)
    assert told["户数测算方法 / how households were measured"] == "直线 / as the crow flies"


def test_s07_every_row_of_a_table_says_whose_data_it_is(file_of):
    rows = list(csv.DictReader(io.StringIO(file_of("csv").decode("utf-8-sig"))))
    assert [row["数据说明"] for row in rows] == [LABEL, LABEL]


def test_s07_documents_say_whose_data_and_how_measured(file_of):
    for form in ("json", "geojson"):
        document = json.loads(file_of(form))
        assert (document["data_label"], document["attribution"], document["method"]) == (
            LABEL,
            ODBL,
            "radius",
        )


def test_s07_the_map_opens_in_lon_lat_with_the_label_at_every_site(file_of):
    frame = gpd.read_file(io.BytesIO(file_of("geojson")))
    assert frame.crs.to_epsg() == 4326
    (site,) = frame.itertuples()
    assert (round(site.geometry.x, 7), round(site.geometry.y, 7)) == (114.212, 35.2115)
    assert (site.data_label, site.attribution) == (LABEL, ODBL)
