"""Grid members, their posts, and the people who take part."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from gis.layers.models import Community
from grids.interest.models.interest_grids import InterestGrid
from grids.interest.rules.people_states import MemberSource, PostState
from grids.units.models.at_a_time import day_range, one_id
from instructors.assignment.models import Site
from instructors.people.models import Instructor
from tenants.accounts.models import User
from tenants.bureau.models import StoredFile


class GridMember(models.Model):
    """A person who runs interest grids in spare time (网格员), once, at the home community. Rule: J08

    The phone is sealed under the city's data key, found by keyed digest and shown masked. `user`: the account the
    person signs in with, where there is one. `added_by`: who entered the person, and sees a person without a post yet.
    `erased_on`: the day the time of keeping ended; the row stays for the counts of posts, and is shown to nobody.
    """

    name = models.CharField(max_length=60)
    community = models.ForeignKey(Community, on_delete=models.PROTECT, related_name="grid_members")
    user = models.OneToOneField(User, null=True, on_delete=models.SET_NULL, related_name="grid_member")
    instructor = models.OneToOneField(
        Instructor, null=True, on_delete=models.SET_NULL, related_name="grid_member"
    )
    phone_sealed = models.BinaryField(null=True)
    phone_digest = models.CharField(max_length=64, null=True, unique=True)
    phone_masked = models.CharField(max_length=16, blank=True)
    added_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    erased_on = models.DateField(null=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes: ClassVar = [models.Index(fields=["community", "id"], name="grid_member_community")]

    @property
    def unit_path(self) -> str:
        """The org unit path on which rights over this person are decided."""
        return self.community.unit_path


class MemberPost(models.Model):
    """A member's post in one interest grid, from a first to a last day; one person may hold several. Rule: J08

    `source` says whence the person comes and `proof` what proves it: for an association its name (`association`),
    for a site head the `site`, for an instructor the register's record (of the member), for the backbone words or a
    file.
    """

    member = models.ForeignKey(GridMember, on_delete=models.PROTECT, related_name="posts")
    interest_grid = models.ForeignKey(InterestGrid, on_delete=models.PROTECT, related_name="posts")
    source = models.CharField(
        max_length=12, choices=[(source.value, source.value) for source in MemberSource]
    )
    proof = models.CharField(max_length=200, blank=True)
    proof_file = models.ForeignKey(StoredFile, null=True, on_delete=models.PROTECT, related_name="+")
    association = models.CharField(max_length=80, blank=True)
    site = models.ForeignKey(Site, null=True, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(
        max_length=10,
        choices=[(state.value, state.value) for state in PostState],
        default=PostState.NOMINATED.value,
    )
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)
    end_reason = models.CharField(max_length=300, blank=True)
    nominated_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    confirmed_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")), name="post_days_in_order"
            ),
            ExclusionConstraint(
                name="post_once_at_a_time",
                expressions=[
                    (one_id("member"), "&&"),
                    (one_id("interest_grid"), "&&"),
                    (day_range("starts_on", "ends_on"), "&&"),
                ],
                # A nomination that was withdrawn never filled the post.
                condition=~Q(state="ended") | Q(confirmed_by__isnull=False),
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["interest_grid", "state"], name="post_interest_grid")]

    @property
    def unit_path(self) -> str:
        """The org unit path on which rights over this post are decided."""
        return self.interest_grid.unit_path


class Participant(models.Model):
    """A person who takes part in activities, with no more than a name and a phone, both agreed to. Rule: J09

    `first_attended_on`: the first day the person was at any activity, for counting first-timers. A person who joined
    without a phone (older people, children) has none. `erased_on`: the day name and phone were erased, on request or
    because the time of keeping had passed; the row stays for the counts.
    """

    name = models.CharField(max_length=60)
    phone_sealed = models.BinaryField(null=True)
    phone_digest = models.CharField(max_length=64, null=True, unique=True)
    phone_masked = models.CharField(max_length=16, blank=True)
    first_attended_on = models.DateField(null=True)
    erased_on = models.DateField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes: ClassVar = [models.Index(fields=["first_attended_on"], name="participant_first_day")]


class Participation(models.Model):
    """A participant's time in one interest grid, from joining to leaving, and the consent it stands on. Rule: J07

    `name`: as it was told when joining here; empty: the participant's. Each interest grid shows the name it was told, so
    that nobody learns by a phone what its owner is called elsewhere. `erased_on`: the day it was erased, on request or
    because the time of keeping had passed.
    """

    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="participations")
    interest_grid = models.ForeignKey(InterestGrid, on_delete=models.PROTECT, related_name="participations")
    name = models.CharField(max_length=60, blank=True, default="", db_default="")
    joined_on = models.DateField()
    left_on = models.DateField(null=True)
    erased_on = models.DateField(null=True)
    consent_version = models.CharField(max_length=40)
    consented_at = models.DateTimeField()
    enrolled_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["participant", "interest_grid"], condition=Q(left_on=None), name="participation_once"
            ),
            models.CheckConstraint(
                condition=Q(left_on=None) | Q(left_on__gte=F("joined_on")), name="participation_days_in_order"
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["interest_grid", "id"], condition=Q(left_on=None), name="participation_present"
            ),
            models.Index(
                fields=["left_on"],
                condition=Q(left_on__isnull=False, erased_on=None),
                name="participation_past_kept",
            ),
        ]

    @property
    def unit_path(self) -> str:
        """The org unit path on which rights over this participation are decided."""
        return self.interest_grid.unit_path

    @property
    def shown_name(self) -> str:
        """The name told in this interest grid."""
        return self.name or self.participant.name

    @property
    def shown_phone(self) -> str:
        """The masked phone; empty once this participation was erased."""
        return "" if self.erased_on is not None else self.participant.phone_masked
