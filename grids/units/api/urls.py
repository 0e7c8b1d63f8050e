"""Routes of base grids."""

from __future__ import annotations

from django.urls import path, re_path

from grids.units.api.by_hand import (
    GridPlanAssignmentsView,
    GridPlanAssignmentUndoView,
    GridPlanLocksView,
)
from grids.units.api.coverage import (
    CoverageRunsView,
    CoverageView,
    GridSummaryView,
    LatestCoverageRunView,
)
from grids.units.api.drawing import DrawingOptionsView, GridPlanPartitionView
from grids.units.api.external_imports import ExternalGridImportView
from grids.units.api.fitness_groups import (
    FitnessGroupDissolveView,
    FitnessGroupMemberLeaveView,
    FitnessGroupMembersView,
    FitnessGroupsView,
    FitnessGroupView,
)
from grids.units.api.grids import (
    ExternalLinkView,
    GridByCodeView,
    GridExportView,
    GridsView,
    GridTileView,
    GridView,
)
from grids.units.api.leader_terms import (
    LeaderNominationView,
    LeaderTermActingView,
    LeaderTermConfirmView,
    LeaderTermEndView,
    LeaderTermsView,
    LeaderTermView,
)
from grids.units.api.leader_work import LeaderTasksView, LeaderVacanciesView
from grids.units.api.leaders import GridLeaderView, LeaderEndView, OfficerEndView, OfficersView
from grids.units.api.moving import ACTIONS, GridPlanActionView, GridPlansTransitionView
from grids.units.api.pilots import PilotsView, PilotView
from grids.units.api.plan_documents import GridPlanLandView, GridPlanNeighboursView, GridPlanReportView
from grids.units.api.plans import GridPlanCheckView, GridPlanCopyView, GridPlansView, GridPlanView
from grids.units.api.sports_bodies import (
    SportsBodiesView,
    SportsBodyCoverageView,
    SportsBodyDissolveView,
    SportsBodyImportView,
    SportsBodyView,
)

urlpatterns = [
    path("grid-plans", GridPlansView.as_view()),
    path("grid-plans/partition", GridPlanPartitionView.as_view()),
    path("grid-plans/drawing-options", DrawingOptionsView.as_view()),
    path("grid-plans/transition", GridPlansTransitionView.as_view()),
    path("grid-plans/<int:id>", GridPlanView.as_view()),
    path("grid-plans/<int:id>/check", GridPlanCheckView.as_view()),
    path("grid-plans/<int:id>/copy", GridPlanCopyView.as_view()),
    path("grid-plans/<int:id>/locks", GridPlanLocksView.as_view()),
    path("grid-plans/<int:id>/land", GridPlanLandView.as_view()),
    path("grid-plans/<int:id>/neighbours", GridPlanNeighboursView.as_view()),
    path("grid-plans/<int:id>/report", GridPlanReportView.as_view()),
    path("grid-plans/<int:id>/assignments", GridPlanAssignmentsView.as_view()),
    path("grid-plans/<int:id>/assignments/undo", GridPlanAssignmentUndoView.as_view()),
    re_path(
        rf"^grid-plans/(?P<id>[0-9]{{1,18}})/(?P<action>{'|'.join(ACTIONS)})$", GridPlanActionView.as_view()
    ),
    path("grids", GridsView.as_view()),
    path("grids/export", GridExportView.as_view()),
    path("grids/<int:id>", GridView.as_view()),
    re_path(r"^grids/by-code/(?P<code>[0-9]{15})$", GridByCodeView.as_view()),
    path("grids/<int:id>/leader", GridLeaderView.as_view()),
    path("grids/<int:id>/external-link", ExternalLinkView.as_view()),
    path("leaders/<int:id>/end", LeaderEndView.as_view()),
    path("grids/<int:id>/leader-nominations", LeaderNominationView.as_view()),
    path("leader-terms", LeaderTermsView.as_view()),
    path("leader-terms/<int:id>", LeaderTermView.as_view()),
    path("leader-terms/<int:id>/confirm", LeaderTermConfirmView.as_view()),
    path("leader-terms/<int:id>/end", LeaderTermEndView.as_view()),
    path("leader-terms/<int:id>/keep-acting", LeaderTermActingView.as_view()),
    path("leader-vacancies", LeaderVacanciesView.as_view()),
    path("me/leader-tasks", LeaderTasksView.as_view()),
    path("external-grids/import", ExternalGridImportView.as_view()),
    path("fitness-groups", FitnessGroupsView.as_view()),
    path("fitness-groups/<int:id>", FitnessGroupView.as_view()),
    path("fitness-groups/<int:id>/dissolve", FitnessGroupDissolveView.as_view()),
    path("fitness-groups/<int:id>/members", FitnessGroupMembersView.as_view()),
    path("fitness-group-members/<int:id>/leave", FitnessGroupMemberLeaveView.as_view()),
    path("pilots", PilotsView.as_view()),
    path("pilots/<int:id>", PilotView.as_view()),
    path("sports-bodies", SportsBodiesView.as_view()),
    path("sports-bodies/coverage", SportsBodyCoverageView.as_view()),
    path("sports-bodies/import", SportsBodyImportView.as_view()),
    path("sports-bodies/<int:id>", SportsBodyView.as_view()),
    path("sports-bodies/<int:id>/dissolve", SportsBodyDissolveView.as_view()),
    path("culture-sports-officers", OfficersView.as_view()),
    path("culture-sports-officers/<int:id>/end", OfficerEndView.as_view()),
    re_path(
        r"^tiles/grids/(?P<z>[0-9]{1,2})/(?P<x>[0-9]{1,7})/(?P<y>[0-9]{1,7})\.mvt$", GridTileView.as_view()
    ),
    path("grid-summary", GridSummaryView.as_view()),
    path("coverage-runs", CoverageRunsView.as_view()),
    path("coverage-runs/latest", LatestCoverageRunView.as_view()),
    path("coverage", CoverageView.as_view()),
]
