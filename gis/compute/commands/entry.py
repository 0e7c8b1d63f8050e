"""One command is parsed, run, and answered: summary, message and exit code."""

from __future__ import annotations

import argparse
import json
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

from gis.compute.commands.arguments import parser
from gis.compute.commands.kernel_cache import find_kernel_cache
from gis.compute.commands.mistyped import not_installed
from gis.compute.commands.speaking import Speaker
from gis.compute.commands.stopping import Interrupted
from gis.compute.commands.wording import Language, language_of, refusal_text, refusal_values
from gis.compute.refusal import InputRefused

FAULT, BAD_INPUT, INTERRUPTED = 1, 2, 130
OUTPUTS = ("out", "report", "report_json")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; the exit code is 0, 1 (fault of the program), 2 (bad input) or 130 (interrupted)."""
    try:
        options = parser().parse_args(arguments)
    except InputRefused as refused:
        return _refused(refused, _asked(sys.argv[1:] if arguments is None else arguments))
    speaker = Speaker(language_of(options.lang, os.environ), quiet=options.quiet, as_json=options.json)
    try:
        find_kernel_cache(speaker)
        _check_apart(options)
        summary = _COMMANDS[options.command](options, speaker)
        speaker.summary(summary)
    except InputRefused as refused:
        return _refused(refused, speaker)
    except Interrupted as interrupted:
        speaker.error(interrupted.zh, interrupted.en)
        return INTERRUPTED
    except KeyboardInterrupt:
        speaker.error("已中断，没有写出任何文件", "interrupted; nothing was written")
        return INTERRUPTED
    except ModuleNotFoundError as missing:
        return _refused(not_installed(missing), speaker)
    except BrokenPipeError:
        return FAULT
    except Exception as fault:
        return _broken(fault, options, speaker)
    # A plan that breaks a promise is written, so that it can be looked at, but is no success.
    return FAULT if summary.get("sound") is False else 0


def _check_apart(options: argparse.Namespace) -> None:
    """No output may stand where an input stands."""
    from gis.compute.commands.writing import check_outputs_apart

    given = {name: value for name, value in vars(options).items() if name not in OUTPUTS}
    listed = [value if isinstance(value, list) else [value] for value in given.values()]
    inputs = [path for paths in listed for path in paths if isinstance(path, Path)]
    check_outputs_apart(
        [path for name in OUTPUTS if (path := getattr(options, name, None)) is not None], inputs
    )


# A command's own module is imported only when it runs: geometry libraries take a second to load.


def _partition(options: argparse.Namespace, speaker: Speaker) -> dict[str, object]:
    from gis.compute.commands.partition import run

    return run(options, speaker)


def _estimate(options: argparse.Namespace, speaker: Speaker) -> dict[str, object]:
    from gis.compute.commands.estimate import run

    return run(options, speaker)


def _coverage(options: argparse.Namespace, speaker: Speaker) -> dict[str, object]:
    from gis.compute.commands.coverage import run

    return run(options, speaker)


def _site(options: argparse.Namespace, speaker: Speaker) -> dict[str, object]:
    from gis.compute.commands.site import run

    return run(options, speaker)


def _compare(options: argparse.Namespace, speaker: Speaker) -> dict[str, object]:
    from gis.compute.commands.compare import run

    return run(options, speaker)


def _generate(options: argparse.Namespace, speaker: Speaker) -> dict[str, object]:
    from gis.compute.commands.generate import run

    return run(options, speaker)


_COMMANDS: dict[str, Callable[[argparse.Namespace, Speaker], dict[str, object]]] = {
    "partition": _partition,
    "estimate-households": _estimate,
    "coverage": _coverage,
    "site": _site,
    "compare": _compare,
    "generate": _generate,
}


def _asked(words: Sequence[str]) -> Speaker:
    """How to answer a command line that could not be parsed: in its language, as JSON where it asks for it."""
    language = None
    for at, word in enumerate(words):
        name, _, value = word.partition("=")
        value = value or "".join(words[at + 1 : at + 2])
        if name == "--lang" and value in set(Language):
            language = value
    return Speaker(language_of(language, os.environ), as_json="--json" in words)


def _refused(refused: InputRefused, speaker: Speaker) -> int:
    if speaker.as_json:
        sys.stdout.write(json.dumps({"error": refusal_values(refused)}, ensure_ascii=False) + "\n")
    sys.stderr.write(refusal_text(refused, speaker.language) + "\n")
    return BAD_INPUT


def _broken(fault: Exception, options: argparse.Namespace, speaker: Speaker) -> int:
    """A fault of the program says so; the stack only on request."""
    if options.debug:
        traceback.print_exception(fault)
    kind = f"{type(fault).__name__}: {fault}"
    speaker.error(
        f"程序内部错误，不是数据的问题：{kind}\n  办法：加 --debug 重新运行，并把显示的内容报告给开发者",
        f"a fault of the program, not of the data: {kind}\n  remedy: run again with --debug and report what it prints",
    )
    return FAULT
