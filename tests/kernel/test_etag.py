"""If-Match: missing is 428, stale is 412 with both values, current or * passes."""

from __future__ import annotations

import pytest

from wangge.errors import RuleBroken
from wangge.kernel.etag import check_if_match, etag_of


@pytest.mark.parametrize("header", ['"3"', 'W/"3"', "*", '"2", "3"'])
def test_current_version_passes(header):
    check_if_match(header, version=3, current={}, sent={})


@pytest.mark.parametrize(
    ("header", "status", "code"), [(None, 428, "IF_MATCH_REQUIRED"), ('"2"', 412, "STALE_VERSION")]
)
def test_missing_or_stale_is_refused(header, status, code):
    with pytest.raises(RuleBroken) as refused:
        check_if_match(header, version=3, current={"name": "now"}, sent={"name": "mine"})
    assert (refused.value.status, refused.value.code) == (status, code)
    if status == 412:
        assert refused.value.zh == "数据已被他人更新"
        assert refused.value.facts["current"] == {"name": "now"} and refused.value.facts["sent"] == {
            "name": "mine"
        }


def test_etag_is_quoted():
    assert etag_of(7) == '"7"'
