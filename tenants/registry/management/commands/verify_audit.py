"""Verify the audit chains."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from tenants.accounts.rules.audit_findings import Finding, KeptHead
from tenants.accounts.services.verify import ChainReport
from tenants.registry.services.audit_checks import audited_schemas, verify_schemas
from wangge.errors import RuleBroken


class Command(BaseCommand):
    """Walks every chain and says what is wrong; exit code 1 when anything is."""

    help = "核验审计链 / verify the audit chains: changed, missing, inserted, reordered or cut off"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """One city or all; text or JSON; heads that somebody has kept elsewhere."""
        parser.add_argument("--city", help="短名 / slug of one city; without it public and all cities")
        parser.add_argument("--json", action="store_true", help="JSON")
        parser.add_argument(
            "--against", type=Path, metavar="FILE", help="以前 --json 的输出 / an earlier output of --json"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Verify and report."""
        try:
            schemas = audited_schemas(options["city"])
        except RuleBroken as refused:
            raise CommandError(f"{refused.zh} / {refused.en}") from refused
        elsewhere = _heads_in(options["against"]) if options["against"] else {}
        documents = []
        found = 0
        for schema, report in verify_schemas(schemas, elsewhere):
            found += report.total
            documents.append(_document(schema, report))
            if not options["json"]:
                self.stdout.write(_told(schema, report))
        if options["json"]:
            self.stdout.write(json.dumps({"found": found, "schemas": documents}, ensure_ascii=False))
        elif not found:
            self.stdout.write("未发现问题 / nothing found")
        if found:
            sys.exit(1)


def _heads_in(file: Path) -> dict[str, KeptHead]:
    """The heads of an earlier report, by schema."""
    try:
        written = json.loads(file.read_text(encoding="utf-8"))
        kept_at = datetime.now(UTC)
        return {
            row["schema"]: KeptHead(row["head"]["sequence"], bytes.fromhex(row["head"]["digest"]), kept_at)
            for row in written["schemas"]
            if row["head"]
        }
    except (OSError, ValueError, KeyError, TypeError) as exc:
        raise CommandError(f"{file}: 不是 --json 的输出 / not an output of --json ({exc})") from exc


def _document(schema: str, report: ChainReport) -> dict[str, Any]:
    last = report.last
    head = None
    if last is not None:
        head = {
            "sequence": last.sequence,
            "digest": last.digest.hex(),
            "sealed_at": last.facts.sealed_at.isoformat(),
        }
    return {
        "schema": schema,
        "events": report.events,
        "sealed": report.sealed,
        "unsealed": report.unsealed,
        "oldest_unsealed_s": _age_s(report),
        "eras": report.eras,
        "head": head,
        "rewound_from": report.rewound or None,
        "transaction_ids_restarted": report.ids_restarted,
        "found": report.total,
        "findings": [_row(finding) for finding in report.findings],
    }


def _row(finding: Finding) -> dict[str, Any]:
    return {
        "kind": finding.kind.value,
        "event_id": finding.event_id,
        "sequence": finding.sequence,
        "count": finding.count,
        "zh": finding.zh,
        "en": finding.en,
    }


def _age_s(report: ChainReport) -> int | None:
    if report.oldest_unsealed_at is None:
        return None
    return max(0, int((timezone.now() - report.oldest_unsealed_at).total_seconds()))


def _told(schema: str, report: ChainReport) -> str:
    """The report in lines for people."""
    age = _age_s(report)
    waiting = f"{report.unsealed} 未封存/unsealed" + (f" ({age} s)" if age is not None else "")
    end = f"#{report.last.sequence} {report.last.digest.hex()[:16]}" if report.last else "-"
    lines = [
        f"{schema}: {report.events} 记录/events, {report.sealed} 已封存/sealed, {waiting}, 链尾/head {end}"
    ]
    if report.rewound:
        lines.append(
            f"  注意/note: 由备份恢复，曾到 #{report.rewound} / restored from a backup, was at #{report.rewound}"
        )
    if report.ids_restarted:
        lines.append(
            "  注意/note: 数据库已迁移，须开始新纪元 / the database was moved: run seal_audit --begin-era"
        )
    lines += [_line(finding) for finding in report.findings]
    shown = sum(finding.count for finding in report.findings)
    if report.total > shown:
        lines.append(f"  … 另有/and {report.total - shown}")
    return "\n".join(lines)


def _line(finding: Finding) -> str:
    where = [f"event {finding.event_id}"] if finding.event_id is not None else []
    where += [f"#{finding.sequence}"] if finding.sequence is not None else []
    where += [f"×{finding.count}"] if finding.count > 1 else []
    return f"  {finding.kind.value} {' '.join(where)}: {finding.zh} / {finding.en}"
