"""Whoever adds a compiled kernel says where it is compared with its plain text."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
# Module with kernels → the test that runs the same text by Python and compares.
COMPARED = {
    "bound/cheap.py": "test_bound.py",
    "bound/columns.py": "test_bound.py",
    "bound/gates.py": "test_bound.py",
    "bound/least_loss.py": "test_proven_cover.py",
    "noding/cells.py": "test_noding.py",
    "noding/meeting.py": "test_noding.py",
    "noding/pixels.py": "test_noding.py",
    "noding/splitting.py": "test_noding.py",
    "offsets.py": "test_frames.py",
    "search/chance.py": "search/test_compiled.py",
    "search/energy.py": "search/test_compiled.py",
    "search/polish.py": "search/test_compiled.py",
    "search/resplit.py": "search/test_compiled.py",
    "search/tree.py": "search/test_compiled.py",
    "siting/bound.py": "test_siting.py",
    "siting/proof.py": "test_siting.py",
    "siting/search.py": "test_siting.py",
    "street_chart.py": "test_street_search.py",
    "street_search.py": "test_street_search.py",
    "tessellation/chains.py": "test_nearness.py",
    "tessellation/nearness.py": "test_nearness.py",
    "tessellation/straight.py": "test_straight.py",
}
_KERNEL = re.compile(r"^@(njit|kernel|inlined|jit|vectorize|guvectorize)\b(.*)$", re.MULTILINE)


def with_kernels() -> dict[str, str]:
    folder = ROOT / "gis" / "compute"
    texts = {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*.py")}
    return {name: text for name, text in texts.items() if _KERNEL.search(text)}


def test_every_kernel_is_compared_with_its_plain_text() -> None:
    assert sorted(with_kernels()) == sorted(COMPARED)


@pytest.mark.parametrize("test", sorted(set(COMPARED.values())))
def test_the_comparison_is_there(test: str) -> None:
    text = (Path(__file__).parent / test).read_text()
    assert "py_func" in text or "NUMBA_DISABLE_JIT" in text


def test_kernels_are_kept_on_disk() -> None:
    for name, text in with_kernels().items():
        for decorator, options in _KERNEL.findall(text):
            assert decorator in ("kernel", "inlined") or "cache=True" in options, (
                f"{name}: {decorator}{options}"
            )
