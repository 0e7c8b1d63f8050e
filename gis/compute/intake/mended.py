"""What a mended file is told to have been mended of: one warning a kind, with the rows."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from gis.compute.intake.findings import Finding


def repaired_warning(rows: npt.NDArray[np.int64], repaired: npt.NDArray[np.bool_]) -> list[Finding]:
    """One warning that counts the rows whose rings were mended and names the first of them."""
    if not repaired.any():
        return []
    mended = [int(row) for row in rows[repaired]]
    return [
        Finding(
            "RINGS_REPAIRED",
            zh=f"已自动修复{len(mended)}个面的边界（第{'、'.join(map(str, mended[:10]))}行等），请抽查",
            en=f"{len(mended)} polygons were repaired (rows {', '.join(map(str, mended[:10]))} …)",
            facts={"rows": mended[:1000], "count": len(mended)},
        )
    ]


def pointless_warning(pointless: list[Finding]) -> list[Finding]:
    """One warning that counts the features left out of a layer of lines because they have no length."""
    if not pointless:
        return []
    rows = [finding.row for finding in pointless]
    shown = rows[:10]
    return [
        Finding(
            "LENGTHLESS_LEFT_OUT",
            zh=f"已跳过{len(rows)}个点或长度不足1厘米的线（第{'、'.join(map(str, shown))}行等）",
            en=f"{len(rows)} points, or lines shorter than a centimetre, were left out (rows {', '.join(map(str, shown))} …)",
            facts={"rows": rows[:1000], "count": len(rows)},
        )
    ]
