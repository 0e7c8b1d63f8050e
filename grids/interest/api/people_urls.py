"""Routes of interest grids, their members and participants."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from grids.interest.api.erasure_requests import (
    ErasureRequestAnswerView,
    ErasureRequestsView,
    ErasureRequestView,
)
from grids.interest.api.interest_grids import (
    InterestGridCloseView,
    InterestGridConfirmView,
    InterestGridCrossingView,
    InterestGridsView,
    InterestGridView,
    InterestGridWakeView,
)
from grids.interest.api.member_imports import (
    MemberExportView,
    MemberImportErrorsView,
    MemberImportsView,
    MemberImportView,
    MemberTemplateView,
)
from grids.interest.api.members import GridMemberRevealView, GridMembersView, GridMemberView
from grids.interest.api.participants import (
    InterestGridParticipantsView,
    ParticipationEraseView,
    ParticipationLeaveView,
)
from grids.interest.api.posts import MemberPostsView, PostConfirmView, PostEndView, PostMoveView

urlpatterns: list[URLPattern | URLResolver] = [
    path("interest-grids", InterestGridsView.as_view()),
    path("interest-grids/<int:id>", InterestGridView.as_view()),
    path("interest-grids/<int:id>/confirm", InterestGridConfirmView.as_view()),
    path("interest-grids/<int:id>/wake", InterestGridWakeView.as_view()),
    path("interest-grids/<int:id>/close", InterestGridCloseView.as_view()),
    path("interest-grids/<int:id>/approve-crossing", InterestGridCrossingView.as_view()),
    path("interest-grids/<int:id>/participants", InterestGridParticipantsView.as_view()),
    path("participations/<int:id>/leave", ParticipationLeaveView.as_view()),
    path("participations/<int:id>/erase", ParticipationEraseView.as_view()),
    path("erasure-requests", ErasureRequestsView.as_view()),
    path("erasure-requests/<int:id>", ErasureRequestView.as_view()),
    path("erasure-requests/<int:id>/answer", ErasureRequestAnswerView.as_view()),
    path("grid-members", GridMembersView.as_view()),
    path("grid-members/export", MemberExportView.as_view()),
    path("grid-member-imports", MemberImportsView.as_view()),
    path("grid-member-imports/template", MemberTemplateView.as_view()),
    path("grid-member-imports/<int:id>", MemberImportView.as_view()),
    path("grid-member-imports/<int:id>/errors", MemberImportErrorsView.as_view()),
    path("grid-members/<int:id>", GridMemberView.as_view()),
    path("grid-members/<int:id>/posts", MemberPostsView.as_view()),
    path("grid-members/<int:id>/reveal", GridMemberRevealView.as_view()),
    path("member-posts/<int:id>/confirm", PostConfirmView.as_view()),
    path("member-posts/<int:id>/end", PostEndView.as_view()),
    path("member-posts/<int:id>/move", PostMoveView.as_view()),
]
