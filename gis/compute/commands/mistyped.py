"""What argparse says of a command line that it cannot read, in Chinese and in English."""

from __future__ import annotations

import re

from gis.compute.refusal import InputRefused

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
