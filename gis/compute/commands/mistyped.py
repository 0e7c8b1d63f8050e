"""What is said of a command that cannot even begin: mistyped, or run by a Python without the libraries."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from difflib import get_close_matches

from gis.compute.refusal import InputRefused

INSTALL_ZH = "在项目文件夹运行一次 uv sync（或 ./dev demo），以后用 .venv/bin/python -m gis.compute …"
INSTALL_EN = (
    "run uv sync (or ./dev demo) once in the project's folder, then .venv/bin/python -m gis.compute …"
)
_IN_CHINESE = (
    (r"the following arguments are required: (.+)", r"缺少必须给出的：\1"),
    (r"unrecognized arguments: (.+)", r"不认识的选项：\1"),
    (
        r"argument (\S+): invalid choice: (.+) \(choose from (.+)\)",
        r"\1 的值 \2 不可用，可选：\3",
    ),
    (r"argument (\S+): expected one argument", r"选项 \1 后面缺少值"),
    (r"argument (\S+): expected at least one argument", r"选项 \1 后面至少要有一个值"),
    (r"argument (\S+): ignored explicit argument (.+)", r"选项 \1 不带值，多了 \2"),
    (r"ambiguous option: (\S+) could match (.+)", r"选项 \1 不完整，可能是 \2"),
)


def mistyped(message: str, program: str, known: Iterable[str] = ()) -> InputRefused:
    """The refusal of a command line; what has no translation stands as argparse says it.

    `program`: whose help lists the options; `known`: these options, of which the nearest is proposed.
    """
    meant = _nearest(message, known)
    zh = next(
        (
            re.sub(english, chinese, message)
            for english, chinese in _IN_CHINESE
            if re.fullmatch(english, message)
        ),
        message,
    )
    return InputRefused(
        "OPTIONS",
        zh=f"命令行选项有误：{zh}",
        en=message,
        remedy_zh=f"{f'是否要写 {meant}？' if meant else ''}用 {program} --help 查看全部选项",
        remedy_en=f"{f'did you mean {meant}? ' if meant else ''}{program} --help lists the options",
    )


def _nearest(message: str, known: Iterable[str]) -> str:
    """The option that is written most like the one that is not known; "" where none is."""
    found = re.search(r"unrecognized arguments: (--[^\s=]+)", message)
    near = get_close_matches(found[1], list(known), n=1) if found else []
    return near[0] if near else ""


def not_installed(missing: ModuleNotFoundError) -> InputRefused:
    """The refusal when a library is missing, as it is in every Python but the project's own."""
    return InputRefused(
        "NOT_INSTALLED",
        zh=f"这个 Python（{sys.executable}）没有安装程序库 {missing.name}",
        en=f"this Python ({sys.executable}) has no library {missing.name}",
        remedy_zh=INSTALL_ZH,
        remedy_en=INSTALL_EN,
        facts={"missing": missing.name, "python": sys.executable},
    )
