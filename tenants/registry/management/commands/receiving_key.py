"""Print this installation's receiving key."""

from __future__ import annotations

from typing import Any

from tenants.registry.management.city_command import CityCommand
from tenants.registry.services.receiving import own_receiving_key


class Command(CityCommand):
    """The key may be told to anybody: it only seals."""

    help = "打印本系统的接收密钥（交给导出方） / print this installation's receiving key, for whoever exports a city to it"

    def act(self, options: dict[str, Any]) -> None:
        """Print it."""
        self.stdout.write(own_receiving_key())
