"""The bureau: rights, org units, policy, work calendar, consent, outbox, files, background jobs of one city."""

from django.apps import AppConfig


class BureauConfig(AppConfig):
    """Installs the city's rights and its policy on signing in when Django starts."""

    name = "tenants.bureau"
    label = "bureau"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Hand the kernel the city's rights, and the accounts its policy on wrong passwords."""
        from tenants.accounts.services import register_throttle_policy
        from tenants.bureau.queries.policy import throttle_policy
        from tenants.bureau.queries.rights import CityRights
        from wangge.kernel.permissions import register_rights

        register_rights(CityRights())
        register_throttle_policy(throttle_policy)
