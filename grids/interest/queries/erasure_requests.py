"""Requests to be erased, as far as one may see them. Rule: X07"""

from __future__ import annotations

from django.db.models import BooleanField, Case, Exists, OuterRef, Prefetch, Q, QuerySet, Value, When

from grids.interest.models import ErasureAsk, ErasureRequest, Participation
from grids.interest.queries.standing import interest_grids_run_by
from grids.interest.rules.standing import RIGHT_OF, Act
from tenants.accounts.models import User
from tenants.bureau.queries.days import today
from tenants.bureau.queries.rights import granted_paths, under_paths
from wangge.errors import not_found


def erasure_requests_visible_to(user: User) -> QuerySet[ErasureRequest]:
    """Requests one may answer by the right to manage people, and those of interest grids one runs or asked for; by id.

    `may_answer`: by the right over the unit. Who may reads all asks and where the person still takes part; the others
    read the asks of their own interest grids (`asks_seen`), lest they learn where else somebody takes part.
    """
    decides = under_paths(granted_paths(user, RIGHT_OF[Act.STAFF]), "unit__path")
    asked = _own_asks(user)
    may_answer = Case(When(decides, then=Value(True)), default=Value(False), output_field=BooleanField())
    present = Participation.objects.filter(left_on=None).select_related("interest_grid").order_by("id")
    shown = under_paths(granted_paths(user, RIGHT_OF[Act.STAFF]), "request__unit__path")
    asks = ErasureAsk.objects.filter(shown | Q(pk__in=asked.values("pk"))).select_related("interest_grid")
    rows = ErasureRequest.objects.annotate(may_answer=may_answer).filter(
        decides | Q(Exists(asked.filter(request=OuterRef("pk"))))
    )
    return (
        rows.select_related("participant", "unit")
        .defer("participant__phone_sealed")
        .prefetch_related(
            Prefetch("asks", asks.order_by("id"), to_attr="asks_seen"),
            Prefetch("participant__participations", present, to_attr="present"),
        )
        .order_by("id")
    )


def asked_through(
    rows: QuerySet[ErasureRequest], user: User, interest_grid_id: int
) -> QuerySet[ErasureRequest]:
    """Of these, those that the user sees to have been asked through one interest grid."""
    decides = under_paths(granted_paths(user, RIGHT_OF[Act.STAFF]), "request__unit__path")
    asks = ErasureAsk.objects.filter(decides | Q(pk__in=_own_asks(user).values("pk")))
    here = asks.filter(request=OuterRef("pk"), interest_grid_id=interest_grid_id)
    return rows.filter(Exists(here))


def erasure_request_seen(user: User, request_id: int) -> ErasureRequest:
    """One request that one sees; else 404."""
    found = erasure_requests_visible_to(user).filter(pk=request_id).first()
    if found is None:
        raise not_found("删除请求", "erasure request")
    return found


def erasure_request_locked(request_id: int) -> ErasureRequest:
    """The request as it stands now, locked until the transaction ends; the caller holds the person already."""
    return ErasureRequest.objects.select_for_update(of=("self",)).select_related("unit").get(pk=request_id)


def _own_asks(user: User) -> QuerySet[ErasureAsk]:
    run = interest_grids_run_by(user, today()).order_by().values("pk")
    return ErasureAsk.objects.filter(Q(asked_by=user.pk) | Q(interest_grid__in=run))
