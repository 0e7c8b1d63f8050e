"""J09: as many photos as policy keeps, no larger than it takes."""

from __future__ import annotations

import pytest

from grids.interest.rules.photos import check_photo_count, check_photo_size, unreadable_photo
from wangge.errors import RuleBroken


def test_j09_one_photo_too_many_is_refused() -> None:
    check_photo_count(3, 4)
    with pytest.raises(RuleBroken) as refused:
        check_photo_count(4, 4)
    assert (refused.value.code, refused.value.status) == ("PHOTO_COUNT", 422)
    assert "最多4张" in refused.value.zh


def test_j09_a_photo_too_large_is_refused() -> None:
    check_photo_size(10_000_000, 10)
    with pytest.raises(RuleBroken) as refused:
        check_photo_size(10_000_001, 10)
    assert (refused.value.code, refused.value.status) == ("FILE_TOO_LARGE", 413)


def test_j09_what_is_no_picture_says_so() -> None:
    assert unreadable_photo().code == "PHOTO_UNREADABLE"
