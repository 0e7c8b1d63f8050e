"""A grid leader's working week in the demo: interest grids with members of every source, and the people who join.

Everything goes through the product's own services, the past under a set-back clock; all people are invented.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.utils import timezone

from gis.layers.models import Community
from grids.interest.models import InterestGrid, Participant
from grids.interest.services.dormancy import let_silent_sleep
from grids.interest.services.interest_grid_states import confirm_interest_grid
from grids.interest.services.interest_grids import InterestGridOrder, propose_interest_grid
from grids.interest.services.members import MemberOrder, add_member
from grids.interest.services.participants import JoinOrder, enrol_participant
from grids.interest.services.posts import PostOrder, confirm_post, nominate_post
from grids.interest.services.sources import SourceOrder
from grids.units.models import Grid
from grids.units.queries.leaders import grids_led_by
from instructors.assignment.models import Site
from instructors.people.models import GradeAward, Instructor
from tenants.accounts.models import User
from tenants.bureau.rules.local_time import local_date
from wangge.shell.demo.clock import FOUNDED_DAYS_AGO, days_ago
from wangge.shell.demo.steps import Steps

WORDING = "演示告知书-1"
SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张"
# Item, name, RRULE, minute of the day, how many join, how its member is proved.
KINDS = (
    ("square_dance", "胜利广场舞队", "FREQ=WEEKLY;BYDAY=MO,WE,FR", 1140, 16, "backbone"),
    ("walking", "清晨健步走队", "FREQ=WEEKLY;BYDAY=TU,TH,SA", 390, 12, "instructor"),
    ("table_tennis", "乒乓球友会", "FREQ=WEEKLY;BYDAY=WE", 1170, 8, "association"),
    ("taiji", "太极拳晨练点", "FREQ=WEEKLY;BYDAY=SA,SU", 400, 10, "site_head"),
    ("basketball", "邻里篮球队", "FREQ=WEEKLY;BYDAY=SU", 960, 6, "backbone"),
)
SLEEPING = ("gateball", "门球小组", "", None, 3, "backbone")
JOINED_DAYS_AGO, ASLEEP_DAYS_AGO = 95, 30
PROPOSED_NUMBER = 8  # of the invented person who is to serve in what is only proposed


@dataclass
class Neighbourhood:
    """The leader's community: base grids, interest grids by item code, who has joined which."""

    people: Mapping[str, User]
    community: Community
    grids: list[Grid]
    interest_grids: dict[str, InterestGrid] = field(default_factory=dict)
    joined: dict[int, list[Participant]] = field(default_factory=dict)

    @property
    def leader(self) -> User:
        """The account that leads every base grid here."""
        return self.people["leader"]


def found_network(people: Mapping[str, User], steps: Steps) -> Neighbourhood:
    """Interest grids of several kinds as founded a season ago; one of them has fallen asleep, one waits for its leader."""
    leader = people["leader"]
    grids = list(
        Grid.objects.filter(pk__in=grids_led_by(leader, local_date(timezone.now())))
        .select_related("community__unit")
        .order_by("code")
    )
    made = Neighbourhood(people, grids[0].community, grids)
    with days_ago(FOUNDED_DAYS_AGO):
        for number, kind in enumerate((*KINDS, SLEEPING)):
            _found(made, number, kind)
    with days_ago(JOINED_DAYS_AGO):
        for item, _, _, _, count, _ in (*KINDS, SLEEPING):
            join_people(made, item, count)
    _staff(made, _propose(made, "badminton", "羽毛球爱好者", 3), PROPOSED_NUMBER)
    posts = sum(one.posts.count() for one in made.interest_grids.values())
    steps.say(
        f"兴趣网格 {len(made.interest_grids) + 1} 个、网格员任职 {posts} 个、参与者 {Participant.objects.count()} 名（均为虚构）"
    )
    return made


def fall_asleep() -> None:
    """The nightly round as it ran a month ago: who had not met for two months sleeps since."""
    with days_ago(ASLEEP_DAYS_AGO):
        let_silent_sleep()


Kind = tuple[str, str, str, int | None, int, str]


def _found(made: Neighbourhood, number: int, kind: Kind) -> None:
    """Proposed, staffed and confirmed; the demo account `member` serves in the first two of them."""
    item, name, recurrence, minute, _, source = kind
    found = _propose(made, item, name, number, recurrence=recurrence, from_minute=minute)
    name, order = _proved(made, number, source, found)
    is_account = number == 0
    person = add_member(
        order=MemberOrder(
            name=name,
            phone=f"139000000{number:02d}",
            user_id=made.people["member"].pk if is_account else None,
            post=PostOrder(found.pk, order),
        ),
        acting_user=made.leader,
    )
    confirm_post(post_id=person.posts.get(interest_grid=found).pk, acting_user=made.leader)
    if number == 1:
        account = made.people["member"].grid_member
        proof = SourceOrder(source="backbone", proof="协助带队（演示）")
        post = nominate_post(member_id=account.pk, order=PostOrder(found.pk, proof), acting_user=made.leader)
        confirm_post(post_id=post.pk, acting_user=made.leader)
    made.interest_grids[item] = confirm_interest_grid(interest_grid_id=found.pk, acting_user=made.leader)


def _staff(made: Neighbourhood, found: InterestGrid, number: int) -> None:
    """A member for what is only proposed, so that the leader may confirm it by one press."""
    name, order = _proved(made, number, "backbone", found)
    entry = MemberOrder(name=name, phone=f"139000000{number:02d}", post=PostOrder(found.pk, order))
    person = add_member(order=entry, acting_user=made.leader)
    confirm_post(post_id=person.posts.get(interest_grid=found).pk, acting_user=made.leader)


def _propose(
    made: Neighbourhood,
    item: str,
    name: str,
    number: int,
    *,
    recurrence: str = "",
    from_minute: int | None = None,
) -> InterestGrid:
    middle = made.community.geometry.point_on_surface
    served = made.grids[number % len(made.grids) :][:2]
    order = InterestGridOrder(
        name=name, item_code=item, community_id=made.community.pk, base_grid_ids=[grid.pk for grid in served],
        place=(middle.x, middle.y), place_name=f"{made.community.name}小广场（演示）", recurrence=recurrence,
        from_minute=from_minute, minutes=None if from_minute is None else 60,
    )  # fmt: skip
    return propose_interest_grid(order=order, acting_user=made.leader)


def _proved(made: Neighbourhood, number: int, source: str, found: InterestGrid) -> tuple[str, SourceOrder]:
    """A name and the proof of where the person comes from."""
    name = f"{SURNAMES[number]}演示{number:03d}"
    if source == "association":
        return name, SourceOrder(source=source, association="演示乒乓球协会", representative=name)
    if source == "site_head":
        site = Site.objects.filter(valid_to=None).order_by("id").first()
        if site is not None:
            return name, SourceOrder(source=source, site_id=site.pk, proof="站点管理协议（演示）")
    taught = Instructor.objects.filter(user=None).order_by("id").first()
    if source == "instructor" and taught is not None:
        award = GradeAward.objects.filter(instructor=taught).order_by("id")[0]
        return taught.name, SourceOrder(source=source, certificate_number=award.certificate_number)
    return name, SourceOrder(source="backbone", proof="带队三年（演示）")


def join_people(made: Neighbourhood, item: str, count: int) -> None:
    """Neighbours join with a name; every third gives no phone, as older people do."""
    found = made.interest_grids[item]
    begin = 100 + sum(len(people) for people in made.joined.values())
    for number in range(begin, begin + count):
        phone = "" if number % 3 == 0 else f"13900000{number:03d}"
        name = f"{SURNAMES[number % len(SURNAMES)]}演示{number:03d}"
        row = enrol_participant(
            interest_grid_id=found.pk, order=JoinOrder(name, phone, True, WORDING), acting_user=made.leader
        )
        made.joined.setdefault(found.pk, []).append(row.participant)
