"""One handler that turns every refusal into `application/problem+json` (RFC 9457) in Chinese and English."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import DataError, IntegrityError
from django.http import Http404, HttpRequest, JsonResponse
from django.utils.translation import get_language_from_request
from rest_framework import exceptions as drf
from rest_framework.response import Response
from rest_framework.views import set_rollback

from wangge.errors import RuleBroken, RulesBroken, not_found
from wangge.kernel.context import request_id
from wangge.kernel.faults import fault_of_the_machine

log = logging.getLogger(__name__)
CONTENT_TYPE = "application/problem+json"

_TITLES = {
    400: ("请求格式有误", "Bad request"),
    401: ("请先登录", "Sign in first"),
    403: ("没有权限", "Not allowed"),
    404: ("未找到", "Not found"),
    405: ("不支持该操作", "Method not allowed"),
    406: ("无法以所要求的格式回答", "Not acceptable"),
    409: ("与当前状态冲突", "Conflict"),
    412: ("数据已被他人更新", "Precondition failed"),
    413: ("内容过大", "Content too large"),
    415: ("不支持的内容类型", "Unsupported media type"),
    422: ("不符合规则", "Rule broken"),
    428: ("缺少 If-Match", "Precondition required"),
    429: ("请求过于频繁", "Too many requests"),
    500: ("服务器内部错误", "Internal error"),
    503: ("服务暂不可用", "Service unavailable"),
    507: ("存储空间不足", "Insufficient storage"),
}


def english_wanted(request: HttpRequest | None) -> bool:
    """Whether the reader asked for English; Chinese comes first otherwise."""
    return request is not None and get_language_from_request(request).startswith("en")


def problem_entry(broken: RuleBroken, *, english: bool) -> dict[str, Any]:
    """One refusal as it stands in a problem document, with both languages beside the chosen one."""
    entry: dict[str, Any] = {
        "code": broken.code,
        "detail": broken.en if english else broken.zh,
        "message": {"zh": broken.zh, "en": broken.en},
        "facts": {
            key: value if isinstance(value, int | float | bool | list | dict | None) else str(value)
            for key, value in broken.facts.items()
        },
    }
    if broken.how_to_fix_zh or broken.how_to_fix_en:
        entry["how_to_fix"] = {"zh": broken.how_to_fix_zh, "en": broken.how_to_fix_en}
    if broken.rule:
        entry["rule"] = {"id": broken.rule, "clause": broken.clause}
    if broken.field:
        entry["field"] = broken.field
    return entry


def problem(refused: RuleBroken | RulesBroken, *, english: bool = False) -> dict[str, Any]:
    """The whole problem document of one refusal or of several."""
    entries = [refused] if isinstance(refused, RuleBroken) else refused.broken
    zh, en = _TITLES.get(refused.status, _TITLES[422])
    lead = next((entry for entry in entries if entry.status == refused.status), entries[0])
    document: dict[str, Any] = {
        "type": f"urn:wangge:problem:{lead.code.lower().replace('_', '-')}",
        "title": en if english else zh,
        "status": refused.status,
        **problem_entry(lead, english=english),
        "errors": [problem_entry(entry, english=english) for entry in entries],
        "request_id": request_id.get(),
    }
    return document


def _flat(detail: Any, path: str = "") -> list[tuple[str | None, Any]]:
    if isinstance(detail, Mapping):
        return [b for key, value in detail.items() for b in _flat(value, f"{path}.{key}".strip("."))]
    if isinstance(detail, list) and any(isinstance(item, Mapping) for item in detail):
        return [b for i, item in enumerate(detail) for b in _flat(item, f"{path}.{i}".strip("."))]
    where = path if path and path != "non_field_errors" else None
    return [(where, text) for text in (detail if isinstance(detail, list) else [detail])]


def invalid_fields(detail_zh: Any, detail_en: Any) -> list[RuleBroken]:
    """The refusals of a body or query that a serializer found wanting, from its errors in both languages."""
    return [
        RuleBroken(
            "INVALID_FIELD",
            zh=f"字段“{where}”：{zh}" if where else str(zh),
            en=f"field “{where}”: {en}" if where else str(en),
            status=400,
            field=where,
            facts={"reason": getattr(en, "code", "invalid")},
            how_to_fix_zh="请按接口文档更正该字段后重试",
            how_to_fix_en="correct this field as the API document says and send again",
        )
        for (where, zh), (_, en) in zip(_flat(detail_zh), _flat(detail_en), strict=False)
    ]


def _simple(code: str, status: int) -> RuleBroken:
    zh, en = _TITLES[status]
    return RuleBroken(code, zh=zh, en=en, status=status)


def _parse_refusal(exc: drf.ParseError) -> RuleBroken:
    return RuleBroken(
        "BAD_REQUEST",
        zh="请求正文无法解析",
        en="the body could not be parsed",
        status=400,
        facts={"parser": str(exc.detail)},
        how_to_fix_zh="请发送格式正确、UTF-8 编码的内容",
        how_to_fix_en="send well-formed content in UTF-8",
    )


_DRF_CODES = {
    400: "BAD_REQUEST",
    401: "NOT_SIGNED_IN",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    406: "NOT_ACCEPTABLE",
    415: "UNSUPPORTED_MEDIA_TYPE",
    429: "TOO_MANY_REQUESTS",
}


def _from_drf(exc: drf.APIException) -> RuleBroken | RulesBroken:
    if isinstance(exc, drf.ValidationError):
        return RulesBroken(invalid_fields(exc.detail, exc.detail))
    if isinstance(exc, drf.ParseError):
        return _parse_refusal(exc)
    status = exc.status_code if exc.status_code in _DRF_CODES else 400
    return _simple(_DRF_CODES[status], status)


_PLAIN: tuple[tuple[type[Exception], str, int], ...] = (
    (PermissionDenied, "PERMISSION_DENIED", 403),
    (RequestDataTooBig, "CONTENT_TOO_LARGE", 413),
    (SuspiciousOperation, "BAD_REQUEST", 400),
    (DataError, "BAD_VALUE", 400),
    (IntegrityError, "CONFLICT", 409),
)


def as_refusal(exc: Exception) -> RuleBroken | RulesBroken | None:
    """The refusal that an exception stands for; None when it is a fault of ours."""
    if isinstance(exc, RuleBroken | RulesBroken):
        return exc
    if isinstance(exc, Http404):
        return not_found()
    if isinstance(exc, drf.APIException):
        return _from_drf(exc)
    if isinstance(exc, ValueError) and "NUL" in str(exc):
        return _simple("BAD_VALUE", 400)
    return next((_simple(code, status) for kind, code, status in _PLAIN if isinstance(exc, kind)), None)


def problem_response(refused: RuleBroken | RulesBroken, request: HttpRequest | None = None) -> JsonResponse:
    """The problem document as a plain Django response, for pages, middleware and streaming views."""
    response = JsonResponse(
        problem(refused, english=english_wanted(request)),
        status=refused.status,
        content_type=CONTENT_TYPE,
        json_dumps_params={"ensure_ascii": False},
    )
    return response


def answer_exception(exc: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: a refusal becomes its problem document; a fault of ours is logged and says so."""
    request = context.get("request")
    refused = as_refusal(exc) or fault_of_the_machine(exc)
    if refused is None or refused.status in (503, 507):
        log.exception("unhandled error in request %s", request_id.get())
    if refused is None:
        return None
    set_rollback()
    response = Response(
        problem(refused, english=english_wanted(request)), status=refused.status, content_type=CONTENT_TYPE
    )
    if refused.status == 401:
        response["WWW-Authenticate"] = 'Bearer realm="wangge"'
    wait = getattr(exc, "wait", None) or getattr(refused, "facts", {}).get("retry_after_s")
    if refused.status == 429 and wait:
        response["Retry-After"] = str(int(wait))
    if isinstance(exc, drf.MethodNotAllowed):
        response["Allow"] = ", ".join(getattr(context.get("view"), "allowed_methods", []))
    return response
