"""The second fence: a view declares the right it needs, and without a declaration nobody passes.

Rights themselves live in a city's tables; the app that owns them registers a `RightsPort` at start.
"""

from __future__ import annotations

from typing import Any, Protocol

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from wangge.errors import forbidden


class RightsPort(Protocol):
    """Answers which rights a user holds."""

    def holds(self, user: Any, permission: str, unit_path: str | None = None) -> bool:
        """Whether the user holds the right for that unit (it covers the units below); for any unit when None."""
        ...


class _NoRights:
    def holds(self, user: Any, permission: str, unit_path: str | None = None) -> bool:
        return False


_port: RightsPort = _NoRights()


def register_rights(port: RightsPort) -> None:
    """Install the city's rights; called once by the app that owns them."""
    global _port
    _port = port


def holds(user: Any, permission: str, unit_path: str | None = None) -> bool:
    """Whether a user holds a right, for one org unit's path or anywhere."""
    return bool(getattr(user, "is_authenticated", False)) and _port.holds(user, permission, unit_path)


def require(user: Any, permission: str, unit_path: str | None = None) -> None:
    """Raise 403 PERMISSION_DENIED unless the user holds the right for that unit."""
    if not holds(user, permission, unit_path):
        raise forbidden(permission)


PUBLIC = "public"
SIGNED_IN = "signed_in"


class DeclaredPermission(BasePermission):
    """Lets a request pass to a view that declares `permission`; objects are decided by the view's scope.

    `permission` is a right's name, `SIGNED_IN` or `PUBLIC`, or a mapping from HTTP method to one of these.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        """Default deny: a view that declares nothing is closed to everybody."""
        declared = declared_permission(view, request.method or "GET")
        if declared == PUBLIC:
            return True
        return declared is not None and bool(request.user and request.user.is_authenticated)


def declared_permission(view: Any, method: str) -> str | None:
    """What the view declares for that HTTP method."""
    declared: str | dict[str, str] | None = getattr(view, "permission", None)
    if isinstance(declared, dict):
        return declared.get("GET" if method in ("HEAD", "OPTIONS") and method not in declared else method)
    return declared
