"""What is said of a command that cannot even begin: mistyped, or run by a Python without the libraries."""

from __future__ import annotations

import re
import sys

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


def mistyped(message: str, program: str) -> InputRefused:
    """The refusal of a command line; what has no translation stands as argparse says it."""
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
        remedy_zh=f"用 {program} --help 查看全部选项",
        remedy_en=f"{program} --help lists the options",
    )


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
