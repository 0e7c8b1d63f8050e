"""J08: each source with its proof, and what is missing of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from grids.interest.rules.member_source import SourceClaim, check_source
from wangge.errors import RuleBroken

PERSON = SourceClaim(name="钱演示011", source="backbone", proof="带队三年（演示）")
ASSOCIATION = replace(
    PERSON, source="association", proof="", association="演示协会", representative="钱演示011"
)
SITE_HEAD = replace(PERSON, source="site_head", proof="", has_site=True, heads_site=True)
INSTRUCTOR = replace(PERSON, source="instructor", proof="", is_in_register=True)


@pytest.mark.parametrize(
    "claim",
    [
        PERSON,
        replace(PERSON, proof="", has_file=True),
        ASSOCIATION,
        replace(ASSOCIATION, representative=" 钱演示011 "),
        SITE_HEAD,
        replace(SITE_HEAD, heads_site=False, proof="任命书"),
        replace(SITE_HEAD, heads_site=False, has_file=True),
        INSTRUCTOR,
    ],
)
def test_j08_a_source_with_its_proof_is_taken(claim: SourceClaim) -> None:
    check_source(claim)


@pytest.mark.parametrize(
    ("claim", "field"),
    [
        (replace(PERSON, source=""), "source"),
        (replace(PERSON, source="volunteer"), "source"),
        (replace(PERSON, proof=" "), "proof"),
        (replace(ASSOCIATION, association=" "), "association"),
        (replace(ASSOCIATION, representative="", proof="函件"), "representative"),
        (replace(ASSOCIATION, representative="李演示099"), "representative"),
        (replace(SITE_HEAD, has_site=False, proof="任命书"), "site_id"),
        (replace(SITE_HEAD, heads_site=False), "proof"),
        (replace(INSTRUCTOR, is_in_register=False, proof="证书照片", has_file=True), "certificate_number"),
    ],
)
def test_j08_a_source_without_its_proof_is_refused(claim: SourceClaim, field: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        check_source(claim)
    assert (refused.value.code, refused.value.status, refused.value.field) == ("MEMBER_SOURCE", 422, field)
    assert refused.value.zh.startswith("请选择网格员来源")
