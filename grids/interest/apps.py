"""Interest grids, grid members, activities, work, visits, demand and indicators of one city."""

from django.apps import AppConfig


class InterestConfig(AppConfig):
    """Interest grids, grid members, activities, work, visits, demand and indicators of one city."""

    name = "grids.interest"
    label = "interest"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tell leaders what waits, coverage and sites where people meet; hear of invitations, hand issues to the hotline."""
        from grids.interest.queries.closed_places import uses_of_sites
        from grids.interest.queries.people_waiting import people_waiting
        from grids.interest.queries.waiting import work_waiting
        from grids.interest.queries.walkable_places import walkable_places
        from grids.interest.services.hotline_channel import HOTLINE, HotlineChannel
        from grids.interest.services.invitations_heard import log_test_invited
        from grids.interest.services.place_notices import tell_places_closed, tell_places_opened
        from grids.units.queries.activity_places import register_place_teller
        from grids.units.queries.leader_tasks import register_task_source
        from grids.units.services.work_done import register_invitation_listener
        from instructors.assignment.services.site_users import SiteUser, register_site_user
        from tenants.bureau.services.channels import register_channel

        register_task_source(work_waiting)
        register_task_source(people_waiting)
        register_place_teller(walkable_places)
        register_site_user(SiteUser(uses_of_sites, tell_places_closed, tell_places_opened))
        register_invitation_listener(log_test_invited)
        register_channel(HOTLINE, HotlineChannel())
