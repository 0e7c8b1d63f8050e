"""What every answer says to a browser, and whose word about the client is believed."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from wangge.kernel.client_address import address_of, is_trusted, resolved_address

Next = Callable[[HttpRequest], HttpResponse]
# Pages load from their own host only: the product works without any outside host. Scripts and styles come from files;
# a style that a script sets on an element is no inline style.
CONTENT_POLICY = "; ".join(
    (
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data: blob:", "font-src 'self'",
        "connect-src 'self'", "worker-src 'self'", "manifest-src 'self'", "object-src 'none'", "form-action 'self'",
        "base-uri 'none'", "frame-ancestors 'none'",
    )
)  # fmt: skip
HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(self), camera=(self), microphone=(), payment=(), usb=(), display-capture=()",
}
_FORWARDED = (
    "HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST", "HTTP_X_FORWARDED_PORT",
    "HTTP_FORWARDED", "HTTP_X_REAL_IP",
)  # fmt: skip


class SurfaceMiddleware:
    """Adds the browser's rules to every answer, refusals of other middleware included; what is not a file is not kept."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answers are private and not stored, unless their view says how long; cookies need TLS in production."""
        response = self.get_response(request)
        for name, value in HEADERS.items():
            response.setdefault(name, value)
        response.setdefault("Cache-Control", "private, no-store")
        if settings.SESSION_COOKIE_SECURE:
            for cookie in response.cookies.values():
                cookie["secure"] = True
        return response


class ProxyMiddleware:
    """Believes forwarded headers of trusted proxies only; REMOTE_ADDR is the client's address from here on."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Resolve the client, or drop what a stranger claims about itself."""
        trusted = settings.WANGGE_TRUSTED_PROXIES
        peer = str(request.META.get("REMOTE_ADDR", ""))
        if is_trusted(address_of(peer), trusted):
            forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "")
            request.META["REMOTE_ADDR"] = resolved_address(peer, forwarded, trusted)
            request.META.pop("HTTP_X_FORWARDED_HOST", None)  # the Host header is the proxy's to keep
        else:
            for name in _FORWARDED:
                request.META.pop(name, None)
        return self.get_response(request)
