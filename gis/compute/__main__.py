"""`python -m gis.compute`: grids, households, coverage and sites from files, without a database."""

import sys

if __name__ == "__main__":  # worker processes import this module again under another name
    if sys.version_info < (3, 11):  # noqa: UP036 – said before anything is imported that an older Python cannot read
        sys.stderr.write(
            "需要 Python 3.11 或更新版本：在项目文件夹运行一次 uv sync，以后用 .venv/bin/python -m gis.compute …\n"
            "Python 3.11 or newer is needed: run uv sync once in the project's folder, "
            "then .venv/bin/python -m gis.compute ...\n"
        )
        sys.exit(2)
    from gis.compute.commands import main

    sys.exit(main())
