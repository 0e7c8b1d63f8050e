"""What the city knows of itself."""

from __future__ import annotations

from tenants.bureau.models import CityProfile
from wangge.errors import RuleBroken


def city_profile() -> CityProfile:
    """The city's name, code, label, Gauss–Krüger zone and centre; 409 CITY_NOT_OPENED when nobody has opened it."""
    profile = CityProfile.objects.first()
    if profile is None:
        raise RuleBroken(
            "CITY_NOT_OPENED",
            zh="本城市尚未完成开通",
            en="this city has not been opened yet",
            status=409,
            how_to_fix_zh="请平台运维完成开通",
            how_to_fix_en="ask the operator to finish opening it",
        )
    return profile
