"""Short names and hosts of cities."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.registry.rules.city_name import check_host, check_slug, schema_of
from wangge.errors import RuleBroken


@pytest.mark.parametrize("slug", ["ab", "jiaozuo", "a" + "1" * 29])
def test_slug_passes(slug):
    check_slug(slug)


@pytest.mark.parametrize(
    "slug", ["", "a", "1ab", "Jiaozuo", "焦作", "a_b", "a-b", "a" * 31, "public", "ab\n", 'a";--']
)
def test_slug_is_refused(slug):
    with pytest.raises(RuleBroken) as refused:
        check_slug(slug)
    assert (refused.value.code, refused.value.status, refused.value.field) == ("CITY_SLUG", 422, "slug")


@pytest.mark.parametrize("host", ["jiaozuo.localhost", "127.0.0.1:8001", "a", "x-1.gov.cn"])
def test_host_passes(host):
    check_host(host)


@pytest.mark.parametrize(
    "host", ["", "-a.cn", "a..b", "A.cn", "a b", "a.cn/x", "a:123456", "a" * 254, "a_b.cn"]
)
def test_host_is_refused(host):
    with pytest.raises(RuleBroken) as refused:
        check_host(host)
    assert refused.value.code == "CITY_HOST"


@given(st.text(max_size=40))
def test_a_schema_name_is_always_plain(slug):
    try:
        check_slug(slug)
    except RuleBroken:
        return
    assert schema_of(slug).replace("_", "").isalnum() and schema_of(slug).isascii()
