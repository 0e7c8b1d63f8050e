"""How much a request may send: told by its length before a byte of its body is read."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from wangge.errors import RuleBroken
from wangge.kernel.problems import problem_response

Next = Callable[[HttpRequest], HttpResponse]
_FORM_AROUND_FILES_BYTES = 1024 * 1024


def most_bytes(content_type: str) -> int:
    """The longest body of this content type: a form with files, or anything else."""
    if content_type == "multipart/form-data":
        return int(settings.WANGGE_UPLOAD_LIMIT_BYTES) + _FORM_AROUND_FILES_BYTES
    return int(settings.WANGGE_BODY_LIMIT_BYTES)


def _too_large(sent: int, most: int) -> RuleBroken:
    return RuleBroken(
        "UPLOAD_TOO_LARGE",
        zh=f"请求内容 {sent / 1e6:.0f} MB，上限 {most / 1e6:.0f} MB",
        en=f"the request has {sent / 1e6:.0f} MB; the limit is {most / 1e6:.0f} MB",
        status=413,
        facts={"size_bytes": sent, "most_bytes": most},
        how_to_fix_zh="请拆分后分别上传，或压缩为 ZIP",
        how_to_fix_en="split it and upload the parts, or pack it as ZIP",
    )


def _without_length() -> RuleBroken:
    return RuleBroken(
        "LENGTH_REQUIRED",
        zh="请求须带 Content-Length",
        en="a request with a body must bear Content-Length",
        status=411,
        how_to_fix_zh="请先存成文件再上传，不要分块传输（Transfer-Encoding: chunked）",
        how_to_fix_en="send a file of known length, not Transfer-Encoding: chunked",
    )


class BodyLimitMiddleware:
    """Turns away a body that is too long or does not say how long it is; the server closes the connection unread."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """413 or 411 before anything is looked up."""
        length = str(request.META.get("CONTENT_LENGTH") or "")
        if not length and request.META.get("HTTP_TRANSFER_ENCODING"):
            return problem_response(_without_length(), request)
        most = most_bytes(request.content_type or "")
        if length.isdecimal() and int(length) > most:
            return problem_response(_too_large(int(length), most), request)
        return self.get_response(request)
