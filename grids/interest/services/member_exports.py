"""Grid members and their posts as CSV and XLSX, written row by row, phones masked. Rules: J08, X07"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import IO, Any

from django.db import transaction
from django.db.models import QuerySet

from grids.interest.models import GridMember, MemberPost
from grids.interest.queries.members import with_posts
from grids.interest.rules.people_states import POST_WORDS, SOURCE_WORDS, MemberSource, PostState
from instructors.people.services.exports import write_table
from tenants.accounts.models import User
from tenants.accounts.services import record_audit
from tenants.bureau.rules.masking import mask_name

MEMBER_HEADER = (
    "编号", "姓名", "手机号（脱敏）", "所在社区", "兴趣网格编号", "兴趣网格", "活动项目", "来源", "证明", "协会名称", "健身站点",
    "状态", "任期开始", "任期截止",
)  # fmt: skip
_CHUNK = 1000
_PERSONAL_FILTERS = ("name", "phone")


@transaction.atomic
def export_members(
    *, rows: QuerySet[GridMember], form: str, filters: Mapping[str, Any], acting_user: User
) -> IO[bytes]:
    """One line a post one sees, as a file left at its start; the log tells who took out how many people."""
    counted = [0]

    def lines() -> Iterator[Sequence[Any]]:
        for member in with_posts(rows, acting_user).iterator(chunk_size=_CHUNK):
            counted[0] += 1
            yield from _lines(member)

    sink = write_table(MEMBER_HEADER, lines(), form, "网格员")
    record_audit(
        acting_user=acting_user,
        action="grid_member.export",
        subject=("interest.gridmember", ""),
        after={"rows": counted[0], "format": form, "filters": _told_filters(filters)},
    )
    return sink


def _told_filters(filters: Mapping[str, Any]) -> dict[str, object]:
    """The filters as the audit log keeps them: whose name or phone was looked for stays out."""
    told: dict[str, object] = {
        key: str(value) for key, value in filters.items() if key not in _PERSONAL_FILTERS
    }
    return told | {f"has_{key}": True for key in _PERSONAL_FILTERS if filters.get(key)}


def _lines(member: Any) -> Iterator[list[Any]]:
    is_shown = member.is_managed or member.is_own
    person = [
        member.pk,
        member.name if is_shown else mask_name(member.name),
        member.phone_masked if is_shown else "",
        member.community.name,
    ]
    posts = list(member.posts.all())
    for post in posts:
        yield [*person, *_post_cells(post, post.proof if is_shown else "")]
    if not posts:
        yield [*person, *[""] * (len(MEMBER_HEADER) - len(person))]


def _post_cells(post: MemberPost, proof: str) -> list[Any]:
    found = post.interest_grid
    return [
        found.code,
        found.name,
        found.item.name,
        SOURCE_WORDS[MemberSource(post.source)],
        proof,
        post.association,
        "" if post.site is None else post.site.name,
        POST_WORDS[PostState(post.state)],
        post.starts_on.isoformat(),
        "" if post.ends_on is None else post.ends_on.isoformat(),
    ]
