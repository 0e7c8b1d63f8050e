"""Make a city of a real city's size to measure on, or tell that it stands."""

from __future__ import annotations

import resource
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from rich.console import Console

from tenants.registry.models import City
from tenants.registry.services import drop_city
from wangge.shell.demo.people import ADMIN, PASSWORD
from wangge.shell.demo.scale import LABEL, SCALES, make_scale_city
from wangge.shell.demo.scale_steps import Scale
from wangge.shell.demo.steps import DemoFailed, Steps


class Command(BaseCommand):
    """Safe to run again: a city that stands is kept unless asked; one that a run left half made is made anew."""

    help = "创建规模测试城市（生成数据）"

    def add_arguments(self, parser: CommandParser) -> None:
        """Which size; `--again` drops the city that stands and makes it anew from the kept layers."""
        parser.add_argument("--scale", choices=sorted(SCALES), required=True)
        parser.add_argument("--again", action="store_true", help="replace the city that stands")
        parser.add_argument("--port", default="8000", help="at which cities are served")
        parser.add_argument("--folder", type=Path, default=settings.BASE_DIR / ".local" / "load")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make what is missing, and print how to reach it."""
        scale = SCALES[options["scale"]]
        folder = options["folder"] / options["scale"]
        steps = Steps(Console(), scale.title)
        self._make(scale, folder, steps, again=options["again"])
        self._tell(scale, options["port"], options["scale"])

    def _make(self, scale: Scale, folder: Path, steps: Steps, *, again: bool) -> None:
        connection.set_schema_to_public()
        marker = folder.with_suffix(".done")
        city = City.objects.filter(slug=scale.slug).first()
        if city is not None and city.data_label != LABEL:
            raise CommandError(
                f"{scale.slug} 不是规模测试城市，不会改动 / it is no city made for measuring and is left alone"
            )
        if city is not None and marker.exists() and not again:
            steps.say("已存在，保留；重新创建请加 --again / it stands and is kept; --again makes it anew")
            return
        marker.unlink(missing_ok=True)
        if city is not None:
            steps.say("清除原有规模测试城市")
            drop_city(city=city, acting_user=None)
        folder.mkdir(parents=True, exist_ok=True)
        began, cpu = time.perf_counter(), time.process_time()
        try:
            make_scale_city(scale, hosts=[f"{scale.slug}.localhost"], folder=folder, steps=steps)
        except DemoFailed as failed:
            raise CommandError(str(failed)) from failed
        marker.touch()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        wall, cpu = time.perf_counter() - began, time.process_time() - cpu
        steps.say(f"完成：{wall:.0f} s，CPU {cpu:.0f} s，内存峰值 {peak:.0f} MB")

    def _tell(self, scale: Scale, port: str, name: str) -> None:
        lines = [
            "",
            f"  {scale.title}  http://{scale.slug}.localhost:{port}   （./dev demo 或 ./dev up 运行时 / while served）",
            f"  账号 {ADMIN}、gis、dispatcher，密码 {PASSWORD}   标注：生成数据",
            f"  重新创建 / make anew: ./dev load --scale {name} --again",
            "",
        ]
        self.stdout.write("\n".join(lines))
