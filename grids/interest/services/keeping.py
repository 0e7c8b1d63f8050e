"""What activities need regularly in every city. Rule: J09"""

from __future__ import annotations

from grids.interest.services.activities import extend_activities
from grids.interest.services.check_in import forget_check_ins
from grids.interest.services.occurrences import close_left_open, end_unrecorded


def keep_activities() -> None:
    """Take as held what nobody finished, end what nobody recorded, let series stand ahead, and forget old check-ins."""
    close_left_open()
    end_unrecorded()
    extend_activities()
    forget_check_ins()
