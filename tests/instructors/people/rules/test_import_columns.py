"""Columns are found by what bureaus call them. Rule: J12"""

from __future__ import annotations

from gis.compute.intake.layouts import ignored_warning
from gis.compute.intake.tables import normal_name
from instructors.people.rules.import_columns import REGISTER, SYNONYMS


def test_no_word_means_two_columns() -> None:
    words = [normal_name(word) for words in SYNONYMS.values() for word in words]
    assert len(words) == len(set(words))


def test_columns_stand_in_any_order_under_any_usual_name() -> None:
    columns = REGISTER.columns_of([None, "身份证号码（18位）", "＊姓名", "联系 电话", "血型", "姓名"])
    assert columns is not None
    assert columns.at == {"id_number": 1, "name": 2, "phone": 3}
    assert columns.ignored == ("血型", "姓名")
    (warning,) = ignored_warning(columns.ignored)
    assert warning.code == "COLUMNS_IGNORED" and warning.facts["columns"] == ["血型", "姓名"]


def test_J12_a_header_without_a_required_column_is_named() -> None:
    assert REGISTER.columns_of(["姓名", "手机号"]) is None
    refused = REGISTER.header_missing([["名册"], ["姓名", "手机号"]])
    assert (refused.code, refused.facts) == ("HEADER_MISSING", {"missing": ["证件号码"]})
    assert REGISTER.header_missing([]).facts == {"missing": ["姓名", "证件号码"]}
