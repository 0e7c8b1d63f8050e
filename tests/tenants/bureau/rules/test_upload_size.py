"""A file that comes in is smaller than its limit."""

from __future__ import annotations

import pytest

from tenants.bureau.rules.upload_size import check_upload_size
from wangge.errors import RuleBroken

HOW = {"how_to_fix_zh": "请拆分", "how_to_fix_en": "split it"}


def test_x08_one_byte_below_the_limit_is_let_in() -> None:
    check_upload_size(49_999_999, 50_000_000, **HOW)


@pytest.mark.parametrize("size_bytes", [50_000_000, 61_250_000])
def test_x08_what_reaches_the_limit_is_refused_with_both_figures(size_bytes: int) -> None:
    with pytest.raises(RuleBroken) as refused:
        check_upload_size(size_bytes, 50_000_000, **HOW)
    problem = refused.value
    assert (problem.code, problem.status, problem.field) == ("FILE_TOO_LARGE", 413, "file")
    assert problem.facts == {"size_bytes": size_bytes, "most_bytes": 50_000_000}
    assert f"{size_bytes / 1e6:.1f}MB" in problem.zh and "50MB" in problem.zh and "50 MB" in problem.en
