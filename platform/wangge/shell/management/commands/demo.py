"""Make the two demo cities, or print how to reach them."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console

from tenants.accounts.models import User
from tenants.accounts.services import create_user
from tenants.registry.models import City, Domain
from tenants.registry.services import drop_city
from wangge.kernel.database.current import city_connection
from wangge.shell.demo.build import build
from wangge.shell.demo.cities import CITIES, JIAOZUO, SHANGHAI
from wangge.shell.demo.people import ADMIN, PASSWORD, PEOPLE
from wangge.shell.demo.steps import DemoFailed, Steps

OPERATOR = "operator"


class Command(BaseCommand):
    """Safe to run again: a city that is there is kept; one that a run left half made is made anew."""

    help = "创建演示城市（焦作、上海）及其数据、网格与账号"

    def add_arguments(self, parser: CommandParser) -> None:
        """The ports at which Jiaozuo, Shanghai and the operator are served; `--banner` only prints."""
        parser.add_argument("--ports", default="8000,8001,8002")
        parser.add_argument("--banner", action="store_true")
        parser.add_argument("--fresh", action="store_true", help="drop the demo cities first")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make what is missing."""
        ports = options["ports"].split(",")
        if len(ports) != 3 or not all(port.isdigit() for port in ports):
            raise CommandError("--ports takes three numbers, as in 8000,8001,8002")
        if options["banner"]:
            self._print_banner(ports)
            return
        self._make_operator()
        hosts = {JIAOZUO.slug: f"127.0.0.1:{ports[0]}", SHANGHAI.slug: f"127.0.0.1:{ports[1]}"}
        for demo in CITIES:
            self._make_city(demo, hosts[demo.slug], fresh=options["fresh"])

    def _make_operator(self) -> None:
        city_connection().set_schema_to_public()
        if not User.objects.filter(username=OPERATOR).exists():
            create_user(username=OPERATOR, display_name="演示·运维", password=PASSWORD, acting_user=None)

    def _make_city(self, demo: Any, host: str, *, fresh: bool) -> None:
        city_connection().set_schema_to_public()
        city = City.objects.filter(slug=demo.slug).first()
        marker = settings.BASE_DIR / ".local" / "demo" / f"{demo.slug}.done"
        steps = Steps(Console(), demo.name)
        if city is not None and city.data_label != demo.data_label:
            raise CommandError(
                f"{demo.slug} 是真实城市，演示不会改动它 / is a real city; the demo leaves it alone"
            )
        if city is not None and (fresh or not marker.exists()):
            steps.say("清除未完成的演示数据")
            drop_city(city=city, acting_user=None)
            city = None
        if city is not None:
            Domain.objects.filter(tenant=city, domain__startswith="127.0.0.1:").update(domain=host)
            steps.say("已存在，保留")
            return
        marker.parent.mkdir(parents=True, exist_ok=True)
        marker.unlink(missing_ok=True)
        try:
            build(demo, hosts=[f"{demo.slug}.localhost", host], folder=marker.parent, steps=steps)
        except DemoFailed as failed:
            raise CommandError(str(failed)) from failed
        marker.touch()

    def _print_banner(self, ports: list[str]) -> None:
        jiaozuo, shanghai, operator = (f"http://127.0.0.1:{port}" for port in ports)
        names = [
            (ADMIN, "演示·市体育局管理员"),
            *((person.username, person.display_name) for person in PEOPLE),
        ]
        lines = [
            "",
            f"  焦作  {jiaozuo}   （或 http://jiaozuo.localhost:{ports[0]}）",
            f"  上海  {shanghai}   （或 http://shanghai.localhost:{ports[0]}）",
            f"  运维  {operator}   账号 {OPERATOR}",
            "",
            "  演示账号 / demo accounts，密码均为 " + PASSWORD,
            *(f"    {username:<9} {what}" for username, what in names),
            "",
            "  试一试 / try:",
            f"    curl -s -c /tmp/jar -H 'Content-Type: application/json' {jiaozuo}/api/v1/sessions"
            f' -d \'{{"username":"gis","password":"{PASSWORD}"}}\'',
            f"    curl -s -b /tmp/jar {jiaozuo}/api/v1/grid-summary",
            f"    curl -s -b /tmp/jar '{jiaozuo}/api/v1/grids/export?format=geojson' -o grids.geojson",
            "  运维开通城市 / an operator opens a city: ./dev manage open_city --help",
            "",
        ]
        self.stdout.write("\n".join(lines))
