"""The options of every command; helps are in Chinese and English."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, NoReturn

from gis.compute.commands.mistyped import mistyped
from gis.compute.commands.numbers import (
    ABOVE_ZERO,
    BAND,
    CITY_SIZE,
    COUNT,
    GRID_SIZE,
    NOT_NEGATIVE,
    PART,
    PROCESSES,
    SEED,
    SHARE,
    Allowed,
    Number,
    shown,
)
from gis.compute.parameters import PRESET_NAMES, PartitionParameters

PROGRAM = "python -m gis.compute"
_DEFAULTS = PartitionParameters()


class Parser(argparse.ArgumentParser):
    """A parser that says what is wrong with the options as it says everything else: by InputRefused."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**{**more, "add_help": False})
        self._positionals.title = "输入 / input"
        self._optionals.title = "选项 / options"
        self.add_argument("-h", "--help", action="help", help="显示本说明 / show this text")

    def error(self, message: str) -> NoReturn:
        """Raise InputRefused("OPTIONS")."""
        raise mistyped(message, self.prog, self._option_string_actions)

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As argparse does; a command tells itself what it does not know, for its own help lists what it does."""
        found, rest = super().parse_known_args(args, namespace)
        if rest and self.prog != PROGRAM:
            self.error(f"unrecognized arguments: {' '.join(rest)}")
        return found, rest


def parser() -> Parser:
    """The whole command line."""
    whole = Parser(
        prog=PROGRAM,
        description="网格划分引擎：文件进、文件出，不需要数据库。\nThe grid engine: files in, files out, no database.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="新手请先运行 / begin with: python -m gis.compute generate --out demo\n"
        "说明 / guide: docs/engine.md",
    )
    commands = whole.add_subparsers(dest="command", required=True, metavar="命令/command")
    _partition(_command(commands, "partition", "把社区划成约400户的网格 / draw communities into grids"))
    _estimate(_command(commands, "estimate-households", "给每栋楼估算户数 / households of every building"))
    _coverage(_command(commands, "coverage", "十五分钟圈覆盖 / households within reach of a site"))
    _site(_command(commands, "site", "新站点选址 / where new sites reach most households"))
    _compare(_command(commands, "compare", "两个方案对比 / two plans side by side"))
    _generate(_command(commands, "generate", "生成一座练习用的城市 / a made-up city to try with"))
    return whole


def _command(commands: argparse._SubParsersAction[Parser], name: str, about: str) -> Parser:
    made: Parser = commands.add_parser(
        name, help=about, description=about, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    said = made.add_argument_group("输出 / what is said")
    said.add_argument(
        "--lang", choices=("zh", "en", "both"), help="语言 / language (default: the terminal's)"
    )
    said.add_argument(
        "--json", action="store_true", help="结果以JSON输出 / summary as JSON on standard output"
    )
    said.add_argument("--quiet", action="store_true", help="不显示进度 / no progress bar, no notes")
    said.add_argument(
        "--debug", action="store_true", help="程序出错时显示堆栈 / stack trace of a program fault"
    )
    return made


def _reading(to: Parser, *, households: bool = True) -> None:
    reading = to.add_argument_group(
        "读取 / reading",
        "可读 / understood: GeoPackage, GeoJSON, Shapefile (GBK/UTF-8), KML, FlatGeobuf, XLSX, CSV (lon/lat 经纬度列)",
    )
    reading.add_argument(
        "--layer", action="append", default=[], metavar="KIND=NAME",
        help="多图层文件中的图层，如 buildings=楼栋 / which layer of a file that holds several",
    )  # fmt: skip
    reading.add_argument(
        "--column", action="append", default=[], metavar="KIND.FIELD=NAME",
        help="列的对应，如 buildings.floors=CS / which column serves a field",
    )  # fmt: skip
    for option, about in (
        ("households", "楼栋户数列 / column of households"),
        ("floors", "层数列 / column of floors"),
        ("id", "楼栋编号列 / column of the building's id"),
        ("code", "社区代码列 / column of the community's 12-digit code"),
        ("name", "社区名称列 / column of the community's name"),
    ):
        reading.add_argument(f"--{option}-column", metavar="NAME", help=about)
    reading.add_argument(
        "--crs", action="append", default=[], metavar="[KIND=]CRS",
        help="声明坐标系，如 EPSG:4547、GCJ-02、BD-09 / declare a coordinate system, for all files or one kind",
    )  # fmt: skip
    reading.add_argument(
        "--repair", action="store_true",
        help="修复自相交的面，跳过线图层中的点和零长度线 / mend rings, leave out points and lines without length",
    )  # fmt: skip
    reading.add_argument(
        "--outside", choices=("refuse", "leave-out"), default="refuse",
        help="社区外的楼栋：拒绝或跳过 / buildings in no community: refuse them all, or leave them out",
    )  # fmt: skip
    reading.add_argument(
        "--repeated-ids", choices=("refuse", "keep-first"), default="refuse",
        help="编号重复的行：拒绝，或只留第一行 / rows whose id occurred before: refuse them, or keep the first only",
    )  # fmt: skip
    if households:
        _homes(to)


def _number(
    to: argparse._ActionsContainer,
    option: str,
    default: float | None,
    allowed: Allowed,
    about: str,
    **more: Any,
) -> None:
    """A numeric option; its help says the range and the default."""
    standing = "" if default is None else f" ({shown(default)})"
    to.add_argument(
        option, action=Number, allowed=allowed, default=default, metavar="N",
        help=f"{about} {allowed.brief}{standing}", **more,
    )  # fmt: skip


def _homes(to: Parser) -> None:
    homes = to.add_argument_group("户数估算 / where households are not given")
    for option, default, allowed, about in (
        ("--m2-per-home", 100.0, ABOVE_ZERO, "每户建筑面积，平方米 / floor area of a home in m²"),
        ("--residential-share", 0.85, PART, "住宅占比 / share of the floor area that is homes"),
        ("--storey-m", 3.0, ABOVE_ZERO, "层高，米 / height of a storey in m"),
        ("--assumed-floors", 1.0, ABOVE_ZERO, "未知层数按几层 / floors where they are not known"),
    ):
        _number(homes, option, default, allowed, about)
    homes.add_argument(
        "--no-totals", action="store_true", help="不按社区总户数分摊 / do not spread the communities' totals"
    )


def _outputs(to: Parser, about: str) -> None:
    outputs = to.add_argument_group("结果文件 / files written")
    outputs.add_argument("--out", type=Path, required=True, metavar="FILE", help=about)
    outputs.add_argument("--report", type=Path, metavar="FILE", help="网页报告 / report as one HTML file")
    outputs.add_argument(
        "--report-json", type=Path, metavar="FILE", help="报告数据 / the report's figures as JSON"
    )
    outputs.add_argument("--title", default="", help="报告标题 / title of the report")


def _partition(to: Parser) -> None:
    to.add_argument("buildings", type=Path, help="楼栋 / buildings")
    to.add_argument("communities", type=Path, help="社区 / communities")
    to.add_argument(
        "--streets", type=Path, nargs="+", default=[], metavar="FILE", help="道路 / street centrelines"
    )
    to.add_argument(
        "--barriers", type=Path, nargs="+", default=[], metavar="FILE", help="河、铁路、快速路 / barriers"
    )
    to.add_argument("--compounds", type=Path, nargs="+", default=[], metavar="FILE", help="小区 / compounds")
    _outputs(to, "网格文件 .gpkg / the grids, a GeoPackage")
    _wanted(to)
    before = to.add_argument_group("沿用旧方案 / the plan before")
    before.add_argument(
        "--previous", type=Path, metavar="FILE", help="旧方案（本程序的网格文件）/ the plan before"
    )
    before.add_argument(
        "--lock", nargs="+", default=[], metavar="CODE", help="锁定的网格 / grids that stay as they are"
    )
    before.add_argument(
        "--assign",
        type=Path,
        metavar="CSV",
        help="人工指定 building_id,grid_code / buildings put into grids by hand",
    )
    before.add_argument(
        "--only", nargs="+", default=[], metavar="CODE",
        help="只重划这些社区，其余照旧 / redraw these communities, keep all others as they are",
    )  # fmt: skip
    running = to.add_argument_group("运行 / running")
    _number(
        running, "--processes", None, PROCESSES, "进程数，默认全部核心 / how many processes, else all cores"
    )
    running.add_argument(
        "--resume", action="store_true", help="接着上次中断处继续 / go on with a run that was stopped"
    )
    running.add_argument(
        "--fresh", action="store_true", help="放弃上次中断的运行 / discard a run that was stopped"
    )
    _reading(to)


def _wanted(to: Parser) -> None:
    wanted = to.add_argument_group("要求 / what is wanted")
    numbers = (
        ("target", GRID_SIZE, "目标户数 / households per grid"),
        ("band", BAND, "达标范围，目标的几成 / share of the target that counts as in band"),
        ("soft-min", GRID_SIZE, "下限（软）/ soft minimum"),
        ("soft-max", GRID_SIZE, "上限（软）/ soft maximum"),
        ("hard-min", GRID_SIZE, "下限（硬）/ hard minimum"),
        ("hard-max", GRID_SIZE, "上限（硬）/ hard maximum"),
        ("barrier-weight", NOT_NEGATIVE, "每米屏障的代价 / price of a metre of barrier inside a grid"),
        ("compound-weight", NOT_NEGATIVE, "拆分一个小区的代价 / price of a compound split"),
        ("stability", NOT_NEGATIVE, "400户换网格的代价 / price of moving 400 households"),
        ("seed", SEED, "随机种子 / seed of all chance"),
        ("alpha", SHARE, "0.3 紧凑，0.5 均衡，1 达标优先（默认）/ a grid in band beside shape: 1 by itself"),
    )
    fields = {"barrier-weight": "barrier_per_m", "compound-weight": "compound"}
    for name, allowed, about in numbers:
        default = getattr(_DEFAULTS, fields.get(name, name.replace("-", "_")))
        _number(wanted, f"--{name}", default, allowed, about)
    wanted.add_argument(
        "--preset", choices=PRESET_NAMES, default=_DEFAULTS.preset, help="搜索力度 / how hard to search"
    )
    wanted.add_argument(
        "--cross-for-balance",
        action="store_true",
        help="为均衡可跨屏障 / grids may cross barriers for balance",
    )


def _estimate(to: Parser) -> None:
    to.add_argument("buildings", type=Path, help="楼栋 / buildings")
    to.add_argument(
        "communities", type=Path, nargs="?", help="社区（有总户数则分摊）/ communities, with totals to spread"
    )
    outputs = to.add_argument_group("结果文件 / files written")
    outputs.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="FILE",
        help="楼栋户数 / buildings with households: .gpkg .geojson .fgb .csv",
    )
    _reading(to)


def _walking(to: Parser) -> None:
    walking = to.add_argument_group("步行 / walking")
    walking.add_argument(
        "--streets", type=Path, nargs="+", default=[], metavar="FILE", help="道路 / street centrelines"
    )
    for option, default, about in (
        ("--minutes", 15.0, "步行分钟 / minutes on foot"),
        ("--speed", 80.0, "步行速度，米每分钟 / metres a minute"),
        ("--distance", None, "直接给出步行距离，米 / metres instead of minutes"),
        ("--radius", 1000.0, "无路网时的半径，米 / radius in m where no streets are"),
    ):
        _number(walking, option, default, ABOVE_ZERO, about)


def _coverage(to: Parser) -> None:
    to.add_argument("buildings", type=Path, help="楼栋 / buildings")
    to.add_argument("sites", type=Path, help="站点 / sites")
    to.add_argument("--communities", type=Path, metavar="FILE", help="按社区统计 / figures per community")
    to.add_argument(
        "--grids", type=Path, metavar="FILE", help="按网格统计（网格文件）/ figures per grid of a plan"
    )
    _walking(to)
    _outputs(to, "覆盖结果 .gpkg / every building's nearest site, a GeoPackage")
    _reading(to)


def _site(to: Parser) -> None:
    to.add_argument("buildings", type=Path, help="楼栋 / buildings")
    to.add_argument("candidates", type=Path, help="备选地点 / places where a site may stand")
    to.add_argument("--sites", type=Path, metavar="FILE", help="已有站点 / sites there are already")
    to.add_argument("--communities", type=Path, metavar="FILE", help="社区（底图与分摊）/ communities")
    _number(to, "--count", None, COUNT, "新增几个 / how many new sites", required=True)
    to.add_argument(
        "--effort", choices=PRESET_NAMES, default="standard", help="搜索力度 / how hard to search"
    )
    to.add_argument(
        "--pin", nargs="+", default=[], metavar="ID", help="必选地点 / places that must be chosen"
    )
    to.add_argument(
        "--forbid", nargs="+", default=[], metavar="ID", help="不可选地点 / places that may not be"
    )
    _number(to, "--seed", _DEFAULTS.seed, SEED, "随机种子 / seed of all chance")
    _walking(to)
    _outputs(to, "选中的地点 .gpkg / the places chosen, a GeoPackage")
    _reading(to)


def _compare(to: Parser) -> None:
    to.add_argument("before", type=Path, help="旧方案 / the plan before")
    to.add_argument("after", type=Path, help="新方案 / the plan after")
    _outputs(to, "变动的楼栋 .gpkg .csv / buildings that changed grid")
    _number(to, "--target", _DEFAULTS.target, GRID_SIZE, "目标户数 / households per grid")
    _number(to, "--band", _DEFAULTS.band, BAND, "达标范围 / share of the target that counts as in band")


def _generate(to: Parser) -> None:
    outputs = to.add_argument_group("结果 / what is written")
    outputs.add_argument(
        "--out", type=Path, required=True, metavar="FOLDER", help="文件夹 / folder for the files"
    )
    outputs.add_argument(
        "--profile",
        default="mixed",
        help="城市类型 / kind of city: mixed, slab_town, tower_city, old_town, villages (mixed)",
    )
    _number(outputs, "--households", 20_000, CITY_SIZE, "总户数 / households in all")
    _number(outputs, "--seed", 1, SEED, "随机种子 / seed of all chance")
    outputs.add_argument(
        "--without-households", action="store_true", help="楼栋不带户数 / households on the communities only"
    )
