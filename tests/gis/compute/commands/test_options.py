"""A wrong option is told by its name, its value and what is allowed; every help is in both languages."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from gis.compute.commands.arguments import Parser, parser

Said = Callable[..., Any]
FILES = ["b.gpkg", "c.gpkg", "--out", "o.gpkg"]


def subparsers() -> dict[str, Parser]:
    whole = parser()
    action = next(each for each in whole._actions if isinstance(each, argparse._SubParsersAction))
    return dict(action.choices)


def helps() -> Iterator[tuple[str, str, str]]:
    for name, one in subparsers().items():
        for action in one._actions:
            yield name, "/".join(action.option_strings) or action.dest, action.help or ""
        for group in one._action_groups:
            if group._group_actions:
                yield name, "group", group.title or ""


@pytest.mark.parametrize(("command", "option", "text"), list(helps()))
def test_every_help_is_in_chinese_and_in_english(command: str, option: str, text: str) -> None:
    assert re.search("[\u4e00-\u9fff]", text), (command, option)
    assert re.search("[a-z]{2,}", text), (command, option)


@pytest.mark.parametrize(
    ("words", "code", "option", "value", "least", "most"),
    [
        (["--seed", "abc"], "OPTIONS", "--seed", "abc", 0, 2**63 - 1),
        (["--seed", "1.5"], "OPTIONS", "--seed", "1.5", 0, 2**63 - 1),
        (["--seed=-3"], "PARAMETERS", "--seed", "-3", 0, 2**63 - 1),
        (["--band", "NaN"], "PARAMETERS", "--band", "NaN", 0, 1),
        (["--band", "2"], "PARAMETERS", "--band", "2", 0, 1),
        (["--band", "0"], "PARAMETERS", "--band", "0", 0, 1),
        (["--alpha", "7"], "PARAMETERS", "--alpha", "7", 0, 1),
        (["--target", "1000001"], "PARAMETERS", "--target", "1000001", 1, 1_000_000),
        (["--target", "vierhundert"], "OPTIONS", "--target", "vierhundert", 1, 1_000_000),
        (["--stability", "inf"], "PARAMETERS", "--stability", "inf", 0, None),
        (["--barrier-weight", "-1"], "PARAMETERS", "--barrier-weight", "-1", 0, None),
        (["--processes", "0"], "PARAMETERS", "--processes", "0", 1, 1024),
        (["--residential-share", "1.2"], "PARAMETERS", "--residential-share", "1.2", 0, 1),
        (["--residential-share", "0"], "PARAMETERS", "--residential-share", "0", 0, 1),
        (["--m2-per-home", "nan"], "PARAMETERS", "--m2-per-home", "nan", 0, None),
    ],
)
def test_a_wrong_number_is_named_with_its_option_and_range(
    said: Said, words: list[str], code: str, option: str, value: str, least: float, most: float | None
) -> None:
    answer = said("partition", *FILES, *words, "--json")
    told = answer.json["error"]
    assert (answer.code, told["code"], told["field"]) == (2, code, option)
    assert told["facts"] == {"option": option, "value": value, "least": least, "most": most}
    for text in (told["zh"], told["en"]):
        assert option in text and f"“{value}”" in text and str(least) in text
        assert most is None or str(most) in text


@pytest.mark.parametrize(
    ("words", "first", "second"),
    [
        (["--target", "600"], "--target 600", "--soft-max 500"),
        (["--soft-min", "50"], "--hard-min 100", "--soft-min 50"),
        (["--soft-max", "900"], "--soft-max 900", "--hard-max 800"),
    ],
)
def test_limits_that_contradict_each_other_are_both_named(
    said: Said, words: list[str], first: str, second: str
) -> None:
    told = said("partition", *FILES, *words, "--json").json["error"]
    assert told["code"] == "PARAMETERS"
    assert all(each in told[language] for each in (first, second) for language in ("zh", "en"))
    assert "--hard-min ≤ --soft-min ≤ --target ≤ --soft-max ≤ --hard-max" in told["remedy_zh"]


@pytest.mark.parametrize(
    ("words", "zh"),
    [
        (["partition"], "缺少必须给出的"),
        (["partition", *FILES, "--sed", "3"], "不认识的选项：--sed"),
        (["partition", *FILES, "--preset", "slow"], "选项 --preset 的值|--preset 的值 'slow' 不可用"),
        (["partition", *FILES, "--seed"], "选项 --seed 后面缺少值"),
        (["partition", *FILES, "--lock"], "选项 --lock 后面至少要有一个值"),
        (["partition", *FILES, "--quiet=3"], "选项 --quiet 不带值"),
        (["partition", *FILES, "--bar", "3"], "选项 --bar 不完整"),
        (["nonsense"], "不可用"),
    ],
)
def test_a_mistyped_command_line_is_answered_in_the_language_asked_for(
    said: Said, words: list[str], zh: str
) -> None:
    chinese = said(*words, "--lang", "zh") if words != ["partition"] else said("partition", "--lang=zh")
    assert chinese.code == 2 and re.search(zh, chinese.err), chinese.err
    assert "Error" not in chinese.err
    english = said(*words, "--lang", "en")
    assert (english.code, "错误" in english.err) == (2, False)


@pytest.mark.parametrize(
    ("typed", "meant"), [("--traget", "--target"), ("--procesess", "--processes"), ("-q", "")]
)
def test_an_unknown_option_names_the_nearest_and_the_help_that_lists_it(
    said: Said, typed: str, meant: str
) -> None:
    told = said("partition", "b.gpkg", "c.gpkg", "--out", "o.gpkg", typed, "4", "--lang", "en")
    assert told.code == 2
    assert "gis.compute partition --help" in told.err
    assert f"did you mean {meant}?" in told.err if meant else "did you mean" not in told.err
