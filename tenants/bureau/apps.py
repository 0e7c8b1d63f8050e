"""The bureau: rights, org units, policy, work calendar, consent, outbox, files, background jobs of one city."""

from django.apps import AppConfig


class BureauConfig(AppConfig):
    """Installs the city's rights and its policy on signing in when Django starts."""

    name = "tenants.bureau"
    label = "bureau"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Hand the kernel the city's rights, the accounts its policy on signing in, the registry how a city settles."""
        from tenants.accounts.services import register_sign_in_policy
        from tenants.bureau.queries.rights import CityRights
        from tenants.bureau.queries.sign_in_policy import DatedSignInPolicy
        from tenants.bureau.services.arrivals import settle_arrived_city
        from tenants.registry.services.arrivals import register_settling
        from wangge.kernel.permissions import register_rights

        register_rights(CityRights())
        register_settling(settle_arrived_city)
        register_sign_in_policy(DatedSignInPolicy())
