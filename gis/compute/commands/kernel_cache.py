"""Compiled kernels are kept between runs; where neither checkout nor home can be written, in a folder of the user's own.

numba refuses to load a kernel that it may keep but finds no place for.
"""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

from gis.compute.commands.speaking import Speaker

_ASKED = "NUMBA_CACHE_DIR"
_PACKAGE = Path(__file__).resolve().parents[1]


def find_kernel_cache(speaker: Speaker, package: Path = _PACKAGE) -> None:
    """Name a place to numba where its own are read-only, and say so in one line; to be called before numba is loaded."""
    given = os.environ.get(_ASKED)
    places = [Path(given)] if given else [package / "__pycache__", _home() / "numba"]
    if any(_may_write(place) for place in places):
        return
    chosen = _own_folder()
    os.environ[_ASKED] = str(chosen)
    speaker.error(
        f"提示：程序文件夹和用户文件夹都不可写，编译结果暂存于 {chosen}",
        f"note: neither the program's folder nor your home can be written; compiled kernels are kept in {chosen}",
    )


def _home() -> Path:
    """Where numba keeps what is not kept beside the sources."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")


def _may_write(folder: Path) -> bool:
    """True when files can be made in the folder, which is made where it is missing, as numba does."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def _own_folder() -> Path:
    """A folder for temporary files that only this user can write: kernels are run as they are found."""
    lasting = Path(tempfile.gettempdir()) / f"gis-compute-kernels-{os.getuid()}"
    try:
        lasting.mkdir(mode=0o700, exist_ok=True)
        found = lasting.lstat()
    except OSError:
        found = None
    if (
        found is not None
        and stat.S_ISDIR(found.st_mode)
        and found.st_uid == os.getuid()
        and not found.st_mode & 0o077
    ):
        return lasting
    return Path(tempfile.mkdtemp(prefix="gis-compute-kernels-"))
