"""Columns are found by what people call them; a header may take two rows."""

from __future__ import annotations

from gis.compute.intake.layouts import Layout, ignored_warning
from gis.compute.intake.separated import HEADER_WITHIN_ROWS
from instructors.people.rules.import_columns import REGISTER

DATA = ("测试甲", "X", "A-1", "三级", "2024-05-01")


def test_one_row_is_the_header_below_titles() -> None:
    header = REGISTER.header_of([["名册"], ["姓名", "身份证号", "等级"], DATA])
    assert header is not None and header.rows == 2
    assert header.columns.at == {"name": 0, "id_number": 1, "grade": 2}


def test_J12_a_word_over_several_columns_is_joined_with_their_names() -> None:
    rows = [["姓名", "身份证号", "证书", "", ""], ["", "", "证书编号", "等级", "发证日期"], DATA]
    header = REGISTER.header_of(rows)
    assert header is not None and header.rows == 2
    assert header.columns.at == {
        "name": 0,
        "id_number": 1,
        "certificate_number": 2,
        "grade": 3,
        "valid_from": 4,
    }
    assert header.columns.ignored == ()


def test_J12_half_a_name_below_half_a_name_is_one() -> None:
    rows = [
        ["姓名", "身份证号", "证书", None, None, "发证"],
        [None, None, "编号", "等级", "有效期", "单位"],
        DATA,
    ]
    header = REGISTER.header_of(rows)
    assert header is not None
    assert header.columns.at == {
        "name": 0, "id_number": 1, "certificate_number": 2, "grade": 3, "valid_to": 4, "issuing_body": 5,
    }  # fmt: skip


def test_J12_the_required_columns_may_stand_in_the_lower_row() -> None:
    rows = [["名册"], ["基本信息", "", "街镇"], ["姓名", "身份证号", ""], ["测试甲", "X", "某镇"]]
    header = REGISTER.header_of(rows)
    assert header is not None and header.rows == 3
    assert header.columns.at == {"name": 0, "id_number": 1, "town": 2}


def test_a_persons_row_is_never_taken_for_a_header() -> None:
    rows = [["姓名", "身份证号", "证件类型", "备注"], ["测试甲", "X", "身份证", "电话"]]
    header = REGISTER.header_of(rows)
    assert header is not None and header.rows == 1 and header.columns.ignored == ("备注",)


def test_a_header_below_the_first_rows_is_none() -> None:
    header = ["姓名", "身份证号"]
    assert REGISTER.header_of([[""]] * (HEADER_WITHIN_ROWS - 1) + [header]) is not None
    assert REGISTER.header_of([[""]] * HEADER_WITHIN_ROWS + [header]) is None
    assert REGISTER.header_of([]) is None


def test_of_several_columns_for_a_field_the_one_with_the_usual_name_is_taken_and_the_others_told() -> None:
    layout = Layout({"name": ("组织名称", "名称"), "code": ("区划代码",)}, {"name": "组织名称"}, "", "")
    columns = layout.columns_of(["名称", "区划代码", "组织名称", "组织名称"])
    assert columns is not None
    assert (columns.at, columns.ignored) == ({"name": 2, "code": 1}, ("名称", "组织名称"))
    [warning] = ignored_warning(columns.ignored)
    assert (warning.code, warning.facts) == ("COLUMNS_IGNORED", {"columns": ["名称", "组织名称"]})
