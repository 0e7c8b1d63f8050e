"""What a command meets on a machine: read-only folders, a bare Python, what killed runs left, signals."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gis.compute.commands import partition
from gis.compute.commands.kernel_cache import find_kernel_cache
from gis.compute.commands.speaking import Speaker
from gis.compute.commands.stopping import StopNow, stop_on_signal
from gis.compute.commands.wording import Language
from gis.compute.commands.writing import remove_leftovers

ROOT = Path(__file__).resolve().parents[4]
NOWHERE = Path("/proc/nowhere")


# ---- Nowhere to keep kernels ------------------------------------------------------------------------------


@pytest.fixture
def read_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Neither the checkout nor the home can be written; temporary files lie in the folder returned."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(NOWHERE))
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_kernels_are_kept_in_a_folder_of_ones_own_and_it_is_said_in_one_line(
    read_only: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        find_kernel_cache(Speaker(Language.EN), package=NOWHERE)
        said = capsys.readouterr().err
        chosen = Path(os.environ.pop("NUMBA_CACHE_DIR"))
        assert chosen == read_only / f"gis-compute-kernels-{os.getuid()}"
        assert chosen.stat().st_mode & 0o077 == 0
        assert said.count("\n") == 1 and str(chosen) in said


@pytest.mark.parametrize("planted", ["open", "link"])
def test_a_folder_that_others_can_write_is_not_trusted(read_only: Path, planted: str) -> None:
    mine = read_only / f"gis-compute-kernels-{os.getuid()}"
    if planted == "open":
        mine.mkdir()
        mine.chmod(0o777)
    else:
        (read_only / "theirs").mkdir(mode=0o700)
        mine.symlink_to(read_only / "theirs")
    find_kernel_cache(Speaker(Language.ZH), package=NOWHERE)
    chosen = Path(os.environ.pop("NUMBA_CACHE_DIR"))
    assert chosen != mine and chosen.stat().st_mode & 0o077 == 0


def test_where_kernels_can_be_kept_nothing_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    find_kernel_cache(Speaker(Language.EN), package=NOWHERE)
    assert (capsys.readouterr().err, "NUMBA_CACHE_DIR" in os.environ) == ("", False)


@pytest.mark.slow  # every kernel that the command needs is compiled anew
def test_numba_keeps_its_kernels_where_it_was_told(town: Any, tmp_path: Path) -> None:
    """A command in a process whose own places are all closed: numba is imported and compiles."""
    code = (
        "from pathlib import Path\nfrom gis.compute.commands import kernel_cache, entry\n"
        "kernel_cache._PACKAGE = Path('/proc/nowhere')\n"
        "entry.find_kernel_cache = lambda speaker: kernel_cache.find_kernel_cache(speaker, Path('/proc/nowhere'))\n"
        f"raise SystemExit(entry.main(['estimate-households', {town.file('buildings')!r}, "
        f"{town.file('communities')!r}, '--out', {str(tmp_path / 'o.gpkg')!r}, '--lang', 'en']))"
    )
    environment = {**os.environ, "XDG_CACHE_HOME": str(NOWHERE), "TMPDIR": str(tmp_path)}
    environment.pop("NUMBA_CACHE_DIR", None)
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    assert run.stderr.count("compiled kernels are kept in") == 1


# ---- A Python without the libraries -----------------------------------------------------------------------


@pytest.mark.parametrize("command", ["partition", "estimate-households", "compare"])
def test_a_bare_python_is_told_how_to_install(command: str) -> None:
    words = [command, "a.gpkg", "b.gpkg", "--out", "o.gpkg"]
    environment = {name: value for name, value in os.environ.items() if name != "LANG"}
    run = subprocess.run(
        [sys.executable, "-S", "-B", "-m", "gis.compute", *words],
        cwd=ROOT, env={**environment, "LC_ALL": "C.UTF-8"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (run.returncode, "Traceback" in run.stderr) == (2, False)
    assert "NOT_INSTALLED" in run.stderr and run.stderr.count("uv sync") == 2 and "./dev" in run.stderr
    assert "没有安装程序库" in run.stderr and "has no library" in run.stderr


# ---- What killed runs left --------------------------------------------------------------------------------


def test_what_a_killed_run_left_half_written_is_removed_by_the_next(
    town: Any, tmp_path: Path, said: Callable[..., Any]
) -> None:
    gone = subprocess.Popen(["true"])
    gone.wait()
    dead = [
        tmp_path / f".o.{gone.pid}.part.gpkg", tmp_path / f".o.{gone.pid}.part.gpkg-journal",
        tmp_path / f".o.gpkg.{gone.pid}.trial",
    ]  # fmt: skip
    alive = [tmp_path / f".o.{os.getppid()}.part.gpkg", tmp_path / f".other.{gone.pid}.part.gpkg"]
    for path in (*dead, *alive):
        path.write_bytes(b"half")
    assert said("estimate-households", town.file("buildings"), "--out", tmp_path / "o.gpkg").code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        [*[each.name for each in alive], "o.gpkg"]
    )


def test_after_a_day_the_number_of_a_process_says_nothing(tmp_path: Path) -> None:
    left = tmp_path / f".o.{os.getpid()}.part.gpkg"
    left.write_bytes(b"half")
    assert remove_leftovers(tmp_path / "o.gpkg") == []
    os.utime(left, (time.time() - 90_000, time.time() - 90_000))
    assert remove_leftovers(tmp_path / "o.gpkg") == [left]


# ---- Signals ----------------------------------------------------------------------------------------------


def busy(seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        pass


def test_work_that_does_not_ask_is_broken_off_after_the_grace() -> None:
    began = time.monotonic()
    with pytest.raises(StopNow), stop_on_signal(0.2) as should_stop:
        os.kill(os.getpid(), signal.SIGTERM)
        assert should_stop()
        busy(20.0)
    assert 0.1 < time.monotonic() - began < 5.0
    busy(1.3)  # nothing goes off once the block is left


def test_work_that_asks_in_time_ends_by_itself() -> None:
    with stop_on_signal(5.0) as should_stop:
        os.kill(os.getpid(), signal.SIGINT)
        assert should_stop()
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_a_single_process_stops_soon_and_keeps_what_is_done(
    town: Any, plan: Path, tmp_path: Path, said: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    draw = partition.partition_communities

    def slow(*given: Any, **more: Any) -> Iterator[Any]:
        """The first community at once; the second is deaf."""
        yield next(iter(draw(*given, **more)))
        threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGTERM)).start()
        busy(60.0)

    out = tmp_path / "grids.gpkg"
    words = [
        "partition", town.file("buildings"), town.file("communities"), "--streets", town.file("streets"),
        "--barriers", town.file("barriers"), "--out", out, "--preset", "fast", "--quiet", "--processes", 1,
    ]  # fmt: skip
    monkeypatch.setattr(partition, "_GRACE_S", 0.5)
    monkeypatch.setattr(partition, "partition_communities", slow)
    began = time.monotonic()
    stopped = said(*words, "--lang", "en")
    assert (stopped.code, "1 of 3 communities are done" in stopped.err) == (130, True), stopped.err
    assert time.monotonic() - began < 30
    monkeypatch.setattr(partition, "partition_communities", draw)
    assert said(*words, "--resume").code == 0
    assert out.read_bytes() and not (tmp_path / "grids.gpkg.unfinished").exists()
