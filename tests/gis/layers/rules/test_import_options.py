"""Options survive being stored; control points are read strictly."""

from __future__ import annotations

import json

import pytest

from gis.layers.rules.import_options import (
    ControlPointGiven,
    ImportMode,
    ImportOptions,
    check_reason,
    options_from_json,
    parse_control_point,
)
from wangge.errors import RuleBroken


@pytest.mark.parametrize(
    "options",
    [
        ImportOptions(),
        ImportOptions(
            crs="GCJ-02",
            layer="网格",
            columns={"name": "title"},
            mode=ImportMode.ADD,
            repair=True,
            leave_out_outside=True,
            accept_offset=True,
            control_point=ControlPointGiven(113.2, 35.2, 1.0, 2.0),
        ),
    ],
)
def test_options_come_back_as_they_were(options: ImportOptions) -> None:
    assert options_from_json(json.loads(json.dumps(options.as_json()))) == options


def test_options_of_an_older_version_have_defaults() -> None:
    assert options_from_json({}) == ImportOptions()


def test_control_points() -> None:
    assert parse_control_point(" ") is None
    assert parse_control_point("113.2, 35.2，428285.9,3897000") == ControlPointGiven(
        113.2, 35.2, 428285.9, 3897000.0
    )


@pytest.mark.parametrize(
    "text", ["113.2,35.2", "a,b,c,d", "35.2,113.2,1,2", "113.2,35.2,nan,1", "113.2,35.2,1,2,3"]
)
def test_malformed_control_points(text: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        parse_control_point(text)
    assert (refused.value.code, refused.value.status) == ("BAD_CONTROL_POINT", 400)


def test_a_files_word_against_the_layers_needs_a_reason() -> None:
    check_reason(ImportOptions(), "")
    check_reason(ImportOptions(accept_offset=True), "已用测绘院控制点核对")
    with pytest.raises(RuleBroken) as refused:
        check_reason(ImportOptions(accept_offset=True), "  ")
    assert (refused.value.code, refused.value.status) == ("REASON_REQUIRED", 422)
