"""What a city stores stays within its quota."""

from __future__ import annotations

import pytest

from tenants.bureau.rules.storage_quota import (
    StorageState,
    StorageUse,
    check_fits,
    check_quota_input,
    said_bytes,
)
from wangge.errors import RuleBroken


@pytest.mark.parametrize(
    ("used", "added"), [((0, 0), 1000), ((400, 300), 300), ((1000, 0), 0), ((0, 1000), 0)]
)
def test_what_just_fills_the_quota_is_let_in(used, added):
    check_fits(StorageUse(1000, *used), added)


@pytest.mark.parametrize(
    ("used", "added"), [((0, 0), 1001), ((400, 300), 301), ((1000, 0), 1), ((600, 401), 0)]
)
def test_one_byte_past_the_quota_is_refused_with_the_figures(used, added):
    with pytest.raises(RuleBroken) as refused:
        check_fits(StorageUse(1000, *used), added)
    assert (refused.value.code, refused.value.status) == ("STORAGE_QUOTA", 413)
    assert refused.value.facts == {
        "used_bytes": sum(used),
        "quota_bytes": 1000,
        "needed_bytes": added,
        "table_bytes": used[0],
        "file_bytes": used[1],
    }
    assert "1000 B" in refused.value.zh
    assert "1000 B" in refused.value.en
    assert refused.value.how_to_fix_zh
    assert refused.value.how_to_fix_en


@pytest.mark.parametrize(
    ("used", "state"),
    [
        (0, StorageState.FREE),
        (799, StorageState.FREE),
        (800, StorageState.WARNING),
        (1000, StorageState.WARNING),
        (1001, StorageState.OVER),
    ],
)
def test_a_city_is_warned_from_four_fifths_on(used, state):
    assert StorageUse(1000, used, 0).state is state


def test_a_quota_of_nothing_closes_the_door():
    empty = StorageUse(0, 0, 0)
    assert (empty.state, empty.share) == (StorageState.FREE, 0.0)
    assert StorageUse(0, 1, 0).state is StorageState.OVER
    with pytest.raises(RuleBroken):
        check_fits(empty, 1)


@pytest.mark.parametrize(
    ("size", "said"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KB"),
        (1536, "1.5 KB"),
        (20 * 1024**3, "20.0 GB"),
        (150 * 1024**2, "150 MB"),
    ],
)
def test_bytes_are_said_as_a_person_reads_them(size, said):
    assert said_bytes(size) == said


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"storage_quota_bytes": -1}, "storage_quota_bytes"),
        ({"storage_quota_bytes": 1024**5 + 1}, "storage_quota_bytes"),
        ({"job_slots": 0}, "job_slots"),
        ({"job_slots": 33}, "job_slots"),
        ({"job_quota": 0}, "job_quota"),
    ],
)
def test_a_quota_out_of_range_names_its_field(given, field):
    usual = {"storage_quota_bytes": 1024, "job_slots": 2, "job_quota": 200}
    check_quota_input(**usual)
    with pytest.raises(RuleBroken) as refused:
        check_quota_input(**usual | given)
    assert (refused.value.code, refused.value.field) == ("QUOTA_RANGE", field)
