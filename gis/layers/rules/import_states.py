"""An import is checked, then refused, kept as a dry run, or applied, unless its job ends before; the last can be undone.

Rule: X06
"""

from __future__ import annotations

from collections.abc import Mapping

from wangge.errors import RuleBroken

NEXT_STATES: Mapping[str, frozenset[str]] = {
    "checking": frozenset({"refused", "checked", "applied", "cancelled", "failed"}),
    "refused": frozenset(),
    "checked": frozenset(),
    "applied": frozenset({"undone"}),
    "undone": frozenset(),
    "cancelled": frozenset(),
    "failed": frozenset(),
}
# How a job ends that gives no verdict on its file; an import bears the same word.
JOB_ENDS = ("cancelled", "failed")

_NAMES = {
    "checking": "检查中",
    "refused": "未通过",
    "checked": "仅检查",
    "applied": "已入库",
    "undone": "已撤销",
    "cancelled": "已取消",
    "failed": "执行出错",
}


def status_with_job(status: str, job_state: str) -> str:
    """The status of an import, seen with the state of its job: a job that ended while the file was being checked
    ended the import too."""
    return job_state if status == "checking" and job_state in JOB_ENDS else status


def check_transition(status: str, wanted: str) -> None:
    """Refuse a step the table does not hold with 409 INVALID_TRANSITION."""
    if wanted in NEXT_STATES[status]:
        return
    raise RuleBroken(
        "INVALID_TRANSITION",
        zh=f"该次导入{_NAMES[status]}，不能变为“{_NAMES[wanted]}”",
        en=f"an import that is {status} cannot become {wanted}",
        status=409,
        rule="X06",
        facts={"status": status, "wanted": wanted},
        how_to_fix_zh="请刷新后重试",
        how_to_fix_en="refresh and try again",
    )


def check_is_last(import_id: int, last_applied_id: int | None) -> None:
    """Refuse to undo an import on which a later one of the same layer stands: 409 IMPORT_NOT_LAST."""
    if last_applied_id is None or import_id == last_applied_id:
        return
    raise RuleBroken(
        "IMPORT_NOT_LAST",
        zh=f"该图层之后又导入过（第{last_applied_id}号），只能撤销最近一次",
        en=f"import {last_applied_id} of this layer came later; only the last one can be undone",
        status=409,
        facts={"last_import": last_applied_id},
        how_to_fix_zh="请先撤销最近一次导入",
        how_to_fix_en="undo the last import first",
    )


def same_file(earlier_id: int, file_name: str, when: str, *, is_running: bool) -> RuleBroken:
    """The refusal of a file that is in the layer already, or on its way there: 409 SAME_FILE."""
    zh = f"正在导入（第{earlier_id}号）" if is_running else f"已于{when}导入（第{earlier_id}号“{file_name}”）"
    en = (
        f"is being imported (import {earlier_id})"
        if is_running
        else f"was imported on {when} (import {earlier_id}, “{file_name}”)"
    )
    return RuleBroken(
        "SAME_FILE",
        zh=f"内容完全相同的文件{zh}",
        en=f"a file with the very same content {en}",
        status=409,
        facts={"earlier_import": earlier_id, "file_name": file_name, "imported_at": when},
        how_to_fix_zh="如需重新导入，请先撤销那一次导入",
        how_to_fix_en="to import it again, undo that import first",
        field="file",
    )
