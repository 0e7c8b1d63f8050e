"""The house stands as docs/design.md draws it: names, floors, rooms, and two habits that race in threads."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = {
    "wangge": ROOT / "platform" / "wangge",
    **{name: ROOT / name for name in ("tenants", "gis", "grids")},
}
APPS = (
    "tenants/accounts",
    "tenants/registry",
    "tenants/bureau",
    "gis/layers",
    "instructors/people",
    "instructors/assignment",
    "grids/units",
    "grids/interest",
    "grids/wellness",
)

ROOMS = {"rules", "models", "queries", "services", "api", "ogc", "pages", "jobs", "management"}
FURNITURE = {"__init__", "apps", "migrations", "templates"}

# Folders that git ignores or that are made by tools.
NOT_OURS = {".git", ".local", ".venv", "node_modules", "__pycache__", "build", "dist"}


def our_files(*suffixes: str) -> Iterator[Path]:
    for folder, subfolders, names in os.walk(ROOT):
        subfolders[:] = [name for name in subfolders if name not in NOT_OURS and not name.endswith("_cache")]
        for name in names:
            if not suffixes or name.endswith(suffixes):
                yield Path(folder) / name


# --- the standard library's `platform` stays itself ---------------------------------------------------------


def test_the_platform_folder_is_no_package() -> None:
    assert not (ROOT / "platform" / "__init__.py").exists()


@pytest.mark.parametrize("start", [ROOT, ROOT / "platform"], ids=["root", "platform"])
def test_platform_is_the_standard_library_from_everywhere(start: Path) -> None:
    code = (
        "import platform, sysconfig;"
        "print(platform.__file__, sysconfig.get_paths()['stdlib'], platform.system(), sep='\\n')"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "platform")])}
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=start, env=environment, capture_output=True, text=True, check=True
    )
    file, stdlib, system = run.stdout.splitlines()
    assert Path(file) == Path(stdlib) / "platform.py"
    assert system


# --- rooms --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("app", APPS)
def test_an_app_has_only_the_known_rooms(app: str) -> None:
    entries = [path for path in (ROOT / app).iterdir() if path.name != "__pycache__"]
    strangers = sorted(path.name for path in entries if path.stem not in ROOMS | FURNITURE)
    assert strangers == []


def test_every_app_is_listed_here() -> None:
    """A new app is added to APPS and to the contracts in pyproject.toml."""
    found = {
        str(path.parent.relative_to(ROOT))
        for name in ("tenants", "gis", "grids", "instructors", "delivery")
        for path in (ROOT / name).glob("*/apps.py")
    }
    assert found == set(APPS)


# --- floors: the contracts bite -----------------------------------------------------------------------------

BREACHES = {
    "A package imports only from the floors below its own": (
        "platform/wangge/kernel/upward.py", "import tenants.accounts.apps\n"),
    "Nothing in wangge stands outside a floor": ("platform/wangge/helpers.py", ""),
    "Nothing in tenants stands outside a floor": ("tenants/common.py", ""),
    "Nothing in gis stands outside a floor": ("gis/common.py", ""),
    "Nothing in grids stands outside a floor": ("grids/common.py", ""),
    "In every app: faces, then services, queries, models, rules, and no other room": (
        "tenants/bureau/utils.py", ""),
    "Rules know no framework and no database": (
        "grids/units/rules/impure.py", "import django.utils.timezone\n"),
    "Map arithmetic and errors know no Django": ("gis/compute/impure.py", "import django\n"),
}  # fmt: skip
UPHILL_IN_A_ROOM = ("tenants/bureau/rules/uphill.py", "import tenants.bureau.models\n")


@pytest.fixture(scope="module")
def copied_house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = tmp_path_factory.mktemp("house")
    shutil.copy(ROOT / "pyproject.toml", copy)
    for path in PACKAGES.values():
        shutil.copytree(
            path, copy / path.relative_to(ROOT), ignore=shutil.ignore_patterns("__pycache__", "static")
        )
    return copy


def lint_imports(house: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(house / "platform"), str(house)]),
        "COLUMNS": "200",
    }
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    return subprocess.run(command, cwd=house, env=environment, capture_output=True, text=True, check=False)


def test_the_contracts_are_kept(copied_house: Path) -> None:
    run = lint_imports(copied_house)
    assert run.returncode == 0, run.stdout


def test_every_contract_fails_on_a_breach(copied_house: Path, tmp_path: Path) -> None:
    house = tmp_path / "broken"
    shutil.copytree(copied_house, house)
    for file, source in [*BREACHES.values(), UPHILL_IN_A_ROOM]:
        (house / file).write_text(source)
    run = lint_imports(house)
    assert run.returncode != 0
    kept = [name for name in BREACHES if f"{name} BROKEN" not in run.stdout]
    assert kept == [], run.stdout
    assert "tenants.bureau.rules is not allowed to import tenants.bureau.models" in run.stdout


# --- habits with django-tenants that switch another thread's city -------------------------------------------

TENANT_LIKE = re.compile(r"(?:^|_)(?:tenant|city)$|^(?:alpha|beta)$")
SWITCHES = {"schema_context", "tenant_context"}


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Call):
        return _last_name(node.func)
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _is_a_tenant(node: ast.expr) -> bool:
    if isinstance(node, ast.Call):  # `with City.objects.get(…):`; `with schema_context(…):` is fine
        return bool(re.search(r"\b(?:City|Tenant)\b.*\.objects\b", ast.unparse(node.func)))
    if isinstance(node, ast.NamedExpr):
        return _is_a_tenant(node.value) or _is_a_tenant(node.target)
    return bool(TENANT_LIKE.search(_last_name(node)))


def _aliases(nodes: list[ast.AST]) -> set[str]:
    """The names under which the file knows the two context managers."""
    imported = [each for node in nodes if isinstance(node, ast.ImportFrom) for each in node.names]
    return SWITCHES | {each.asname for each in imported if each.name in SWITCHES and each.asname}


def _entered(nodes: list[ast.AST]) -> list[ast.expr]:
    """What is entered as a context: by `with`, or by an ExitStack."""
    entered: list[ast.expr] = []
    for node in nodes:
        if isinstance(node, ast.With | ast.AsyncWith):
            entered += [item.context_expr for item in node.items]
        elif isinstance(node, ast.Call) and _last_name(node.func) in {"enter_context", "enter_async_context"}:
            entered += node.args
        elif isinstance(node, ast.Call) and _last_name(node.func) == "__enter__":
            entered.append(node.func.value if isinstance(node.func, ast.Attribute) else node.func)
    return entered


def thread_races(source: str) -> list[str]:
    """`line: what` for every tenant that is entered, and every switch that is not made anew where it is entered.

    Both keep the schema to return to on an object: where threads share it (a tenant, a decorator, a variable), one
    thread is sent back into the city of another. So `schema_context(…)` stands in the `with` itself, nowhere else.
    """
    nodes = list(ast.walk(ast.parse(source)))
    entered, names = _entered(nodes), _aliases(nodes)
    found = {(node.lineno, f"enters {ast.unparse(node)}") for node in entered if _is_a_tenant(node)}
    fine = {id(node.func) for node in entered if isinstance(node, ast.Call)}
    found |= {
        (node.lineno, f"keeps {ast.unparse(node)}")
        for node in nodes
        if isinstance(node, ast.Name | ast.Attribute) and _last_name(node) in names and id(node) not in fine
    }
    return [f"{line}: {what}" for line, what in sorted(found)]


@pytest.mark.parametrize(
    "offender",
    [
        "with tenant:\n    pass",
        "with request.tenant:\n    pass",
        "with city:\n    pass",
        "with city as c:\n    pass",
        "with open(path) as f, city:\n    pass",
        "with City.objects.get(slug='x'):\n    pass",
        "with (found := City.objects.get(slug='x')):\n    pass",
        "async def f():\n    async with self.city:\n        pass",
        "stack.enter_context(the_city)",
        "await stack.enter_async_context(tenant)",
        "city.__enter__()",
        "@schema_context('x')\ndef f(): ...",
        "@utils.tenant_context(city)\ndef f(): ...",
        "class A:\n    @schema_context('x')\n    async def f(self): ...",
        "from django_tenants.utils import schema_context as stand\n@stand('x')\ndef f(): ...",
        "from django_tenants.utils import tenant_context as stand\nlater = stand(c)",
        "in_x = schema_context('x')\nwith in_x:\n    pass",
        "in_x = django_tenants.utils.schema_context('x')\n@in_x\ndef f(): ...",
        "stand = schema_context",
        "f = schema_context('x')(f)",
        "return_to = partial(schema_context, 'x')",
        "with closing(schema_context('x')):\n    pass",
    ],
)
def test_the_thread_rule_catches(offender: str) -> None:
    assert len(thread_races(offender)) == 1


@pytest.mark.parametrize(
    "fine",
    [
        "from django_tenants.utils import schema_context\nwith schema_context('x'):\n    pass",
        "from django_tenants.utils import schema_context as stand\nwith stand('x'), lock:\n    pass",
        "with django_tenants.utils.schema_context('x'):\n    pass",
        "stack.enter_context(schema_context('x'))",
        "with lock:\n    pass",
        "with tenant_context(city):\n    pass",
        "@cache\ndef f(): ...",
        "with capacity:\n    pass",
    ],
)
def test_the_thread_rule_lets_pass(fine: str) -> None:
    assert thread_races(fine) == []


@pytest.mark.parametrize(
    "line", ["from django_tenants.utils import tenant_context", "from django_tenants.middleware import main"]
)
def test_the_linter_refuses_what_we_do_otherwise(line: str) -> None:
    ruff = str(Path(sys.executable).with_name("ruff"))
    run = subprocess.run(
        [ruff, "check", "--no-cache", "--select", "TID251", "--stdin-filename", str(ROOT / "tenants" / "x.py"), "-"],
        input=f"{line}\n", cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "TID251" in run.stdout


def test_a_city_refuses_to_be_entered() -> None:
    """Also where no lint looks: in a shell, or in somebody's script."""
    from tenants.registry.models import City

    with pytest.raises(TypeError, match="schema_context"):
        City(schema_name="city_x").__enter__()


def test_no_file_enters_a_tenant_or_decorates_with_a_schema() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{race}"
        for path in our_files(".py")
        for race in thread_races(path.read_text("utf-8"))
    ]
    assert found == []


# --- nothing of the machine it was written on ---------------------------------------------------------------

# Spelt in pieces, so that this file does not find itself.
FOREIGN_PATH = re.compile(
    r"(?<![\w.~$}/-])/(?:" + "work" + r"/(?:main|shared)|" + "root" + r"/\w|home/(?!<)\w)"
)
TEXT = (
    ".py",
    ".toml",
    ".md",
    ".sh",
    ".ts",
    ".json",
    ".yaml",
    ".yml",
    ".html",
    ".css",
    "Dockerfile",
    "dev",
    "run",
)


def test_no_path_of_a_developers_machine() -> None:
    found = [
        str(path.relative_to(ROOT))
        for path in our_files(*TEXT)
        if FOREIGN_PATH.search(path.read_text("utf-8"))
    ]
    assert found == []
