"""Routes of work logs, household visits, demands, hotline issues and channel posts."""

from __future__ import annotations

from django.urls import path

from grids.interest.api import channel_posts, demand_steps, demands, hotline, visits, work_logs

urlpatterns = [
    path("work-logs", work_logs.WorkLogsView.as_view()),
    path("work-profiles", work_logs.WorkProfilesView.as_view()),
    path("me/work-profile", work_logs.OwnWorkProfileView.as_view()),
    path("household-visits", visits.VisitsView.as_view()),
    path("household-visits/offline", visits.OfflineVisitsView.as_view()),
    path("household-visits/<int:id>", visits.VisitView.as_view()),
    path("demands", demands.DemandsView.as_view()),
    path("demands/<int:id>", demands.DemandView.as_view()),
    path("demands/<int:id>/hand-up", demand_steps.DemandHandUpView.as_view()),
    path("demands/<int:id>/answer", demand_steps.DemandAnswerView.as_view()),
    path("demands/<int:id>/close", demand_steps.DemandCloseView.as_view()),
    path("hotline-issues", hotline.HotlineIssuesView.as_view()),
    path("hotline-issues/<int:id>", hotline.HotlineIssueView.as_view()),
    path("hotline-issues/<int:id>/photo", hotline.IssuePhotoView.as_view()),
    path("hotline-issues/<int:id>/hand-over", hotline.HandOverView.as_view()),
    path("hotline-issues/<int:id>/answer", hotline.IssueAnswerView.as_view()),
    path("hotline-issues/<int:id>/close", hotline.IssueCloseView.as_view()),
    path("channel-posts", channel_posts.ChannelPostsView.as_view()),
]
