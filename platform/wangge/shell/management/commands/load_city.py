"""Make a city of a real city's size to measure on, or tell that it stands."""

from __future__ import annotations

import resource
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console

from tenants.registry.models import City
from tenants.registry.services import drop_city
from wangge.kernel.database.current import city_connection
from wangge.shell.demo.people import ADMIN, PASSWORD
from wangge.shell.demo.scale import LABEL, SCALES, make_scale_city, missing_stages
from wangge.shell.demo.scale_steps import Scale
from wangge.shell.demo.steps import DemoFailed, Steps


def _cpu_s() -> float:
    """CPU seconds of this process and of those it started and saw end; the database's are not among them."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


class Command(BaseCommand):
    """Safe to run again: a city that stands is kept unless asked; one that a run left half made is made to its end."""

    help = "创建规模测试城市（生成数据）"

    def add_arguments(self, parser: CommandParser) -> None:
        """Which size; `--again` drops the city that stands and makes it anew from the kept layers."""
        parser.add_argument("--scale", choices=sorted(SCALES), required=True)
        parser.add_argument("--slug", help="the city's short name, to have two of one size")
        parser.add_argument("--again", action="store_true", help="replace the city that stands")
        parser.add_argument("--port", default="8000", help="at which cities are served")
        parser.add_argument("--folder", type=Path, default=settings.BASE_DIR / ".local" / "load")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make what is missing, and print how to reach it."""
        scale = SCALES[options["scale"]]
        scale = replace(scale, slug=options["slug"] or scale.slug)
        folder = options["folder"] / options["scale"]
        steps = Steps(Console(), scale.title)
        self._make(scale, folder, steps, again=options["again"])
        self._tell(scale, options["port"], options["scale"])

    def _make(self, scale: Scale, folder: Path, steps: Steps, *, again: bool) -> None:
        city_connection().set_schema_to_public()
        city = City.objects.filter(slug=scale.slug).first()
        if city is not None and city.data_label != LABEL:
            raise CommandError(
                f"{scale.slug} 不是规模测试城市，不会改动 / it is no city made for measuring and is left alone"
            )
        if city is not None and not again and not missing_stages(city):
            steps.say("已存在，保留；重新创建请加 --again / it stands and is kept; --again makes it anew")
            return
        if city is not None and not again:
            steps.say("接着上次未完成的步骤 / taking up where the last run ended")
        elif city is not None:
            steps.say("清除原有规模测试城市")
            drop_city(city=city, acting_user=None)
        folder.mkdir(parents=True, exist_ok=True)
        began, cpu = time.perf_counter(), _cpu_s()
        try:
            make_scale_city(scale, hosts=[f"{scale.slug}.localhost"], folder=folder, steps=steps)
        except DemoFailed as failed:
            raise CommandError(str(failed)) from failed
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        wall, cpu = time.perf_counter() - began, _cpu_s() - cpu
        steps.say(f"完成：{wall:.0f} s，CPU {cpu:.0f} s，内存峰值 {peak:.0f} MB")

    def _tell(self, scale: Scale, port: str, name: str) -> None:
        named = "" if scale.slug == SCALES[name].slug else f" --slug {scale.slug}"
        lines = [
            "",
            f"  {scale.title}  http://{scale.slug}.localhost:{port}   （./dev demo 或 ./dev up 运行时 / while served）",
            f"  账号 {ADMIN}、gis、dispatcher、leader，密码 {PASSWORD}   标注：生成数据",
            f"  重新创建 / make anew: ./dev load --scale {name}{named} --again",
            "",
        ]
        self.stdout.write("\n".join(lines))
