"""A grid member comes from an association, a site, the register of instructors or the backbone, and that is proved.

Rule: J08
"""

from __future__ import annotations

from dataclasses import dataclass

from grids.interest.rules.people_states import SOURCE_WORDS, MemberSource
from wangge.errors import RuleBroken

CLAUSE = "由…體育協會、健身站點負責人或社會體育指導員、體育骨干兼任网格員"


@dataclass(frozen=True, slots=True)
class SourceClaim:
    """Whence a person is said to come, and what proves it.

    `representative`: whom the association names. `heads_site`: whether the register says that the person heads the site.
    `is_in_register`: whether the person stands in the register of instructors with a grade in force.
    """

    name: str
    source: str
    proof: str = ""
    has_file: bool = False
    association: str = ""
    representative: str = ""
    has_site: bool = False
    heads_site: bool = False
    is_in_register: bool = False

    @property
    def is_told(self) -> bool:
        """Whether words or a file prove something."""
        return bool(self.proof.strip()) or self.has_file


def check_source(claim: SourceClaim) -> None:
    """Refuse a person whose source is missing or not proved with 422 MEMBER_SOURCE. Rule: J08"""
    if claim.source not in set(MemberSource):
        raise _refused(claim, "source", "", "choose whence the member comes")
    source = MemberSource(claim.source)
    missing = _MISSING[source](claim)
    if missing is not None:
        field, zh, en = missing
        raise _refused(claim, field, f"：来源为“{SOURCE_WORDS[source]}”的，{zh}", f"as {source.value}: {en}")


def _missing_of_association(claim: SourceClaim) -> tuple[str, str, str] | None:
    if not claim.association.strip():
        return "association", "须填写协会名称", "name the association"
    if claim.representative.strip() != claim.name.strip():
        return "representative", "协会指定的代表须为该网格员本人", "the association names this person"
    return None


def _missing_of_site_head(claim: SourceClaim) -> tuple[str, str, str] | None:
    if not claim.has_site:
        return "site_id", "须选择健身站点", "name the site"
    if not claim.heads_site and not claim.is_told:
        return "proof", "登记的站点负责人不是本人，须填写或上传证明", "the site's head is another: prove it"
    return None


def _missing_of_instructor(claim: SourceClaim) -> tuple[str, str, str] | None:
    if claim.is_in_register:
        return None
    return "certificate_number", "须为登记册中在册且等级有效的指导员", "the register holds no grade in force"


def _missing_of_backbone(claim: SourceClaim) -> tuple[str, str, str] | None:
    return None if claim.is_told else ("proof", "须填写或上传证明", "prove it in words or by a file")


_MISSING = {
    MemberSource.ASSOCIATION: _missing_of_association,
    MemberSource.SITE_HEAD: _missing_of_site_head,
    MemberSource.INSTRUCTOR: _missing_of_instructor,
    MemberSource.BACKBONE: _missing_of_backbone,
}


def _refused(claim: SourceClaim, field: str, zh: str, en: str) -> RuleBroken:
    return RuleBroken(
        "MEMBER_SOURCE",
        zh=f"请选择网格员来源{zh}",
        en=f"choose and prove the member's source: {en}",
        rule="J08",
        clause=CLAUSE,
        field=field,
        facts={"source": claim.source, "sources": [source.value for source in MemberSource]},
        how_to_fix_zh="来源为体育协会、健身站点负责人、社会体育指导员或体育骨干之一，并附证明",
        how_to_fix_en="choose association, site_head, instructor or backbone, with its proof",
    )
