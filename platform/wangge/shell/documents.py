"""The API document and the plain answers for what no route serves."""

from __future__ import annotations

import logging
import sys
import threading
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from drf_spectacular.generators import SchemaGenerator

from wangge.errors import RuleBroken, not_found
from wangge.kernel.faults import fault_of_the_machine
from wangge.kernel.problems import problem_response

log = logging.getLogger(__name__)


_building = threading.Lock()


def openapi(urlconf: str) -> dict[str, Any]:
    """The OpenAPI 3.1 document of the routes in that URL configuration, built once a process."""
    with _building:  # the generator keeps state of its own and is not meant for two threads
        return _document(urlconf)


@cache
def _document(urlconf: str) -> dict[str, Any]:
    document: dict[str, Any] = SchemaGenerator(urlconf=urlconf).get_schema(request=None, public=True)
    return document


def api_document(request: HttpRequest) -> JsonResponse:
    """The OpenAPI document of this host."""
    document = openapi(request.urlconf or settings.ROOT_URLCONF)
    return JsonResponse(document, json_dumps_params={"ensure_ascii": False})


def api_page(request: HttpRequest) -> HttpResponse:
    """A readable page of the API document: every operation by path."""
    document = openapi(request.urlconf or settings.ROOT_URLCONF)
    rows = [
        (method.upper(), path, operation.get("description", "").split("\n")[0])
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    ]
    return render(request, "shell/api.html", {"rows": rows, "title": document["info"]["title"]})


def _wants_json(request: HttpRequest) -> bool:
    return request.path.startswith("/api/") or "text/html" not in request.headers.get("Accept", "")


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404 as a problem document, or as a page for a reader."""
    if _wants_json(request):
        return problem_response(not_found("页面", "page"), request)
    return render(request, "shell/not_found.html", status=404)


def stale_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form without its page's token: sent from elsewhere, or from a page that was open too long."""
    if not _wants_json(request):
        return render(request, "shell/stale_form.html", status=403)
    fault = RuleBroken(
        "CSRF_FAILED",
        zh="页面令牌缺失或已失效",
        en="the page's CSRF token is missing or stale",
        status=403,
        how_to_fix_zh="请刷新页面后重试",
        how_to_fix_en="reload the page and send it again",
    )
    return problem_response(fault, request)


def server_error(request: HttpRequest) -> HttpResponse:
    """500 as a problem document that names the request, so that the log line is found; 503 and 507 for the machine's."""
    fault = fault_of_the_machine(sys.exc_info()[1]) or RuleBroken(
        "INTERNAL_ERROR",
        zh="服务器内部错误，已记录",
        en="internal error; it has been logged",
        status=500,
        how_to_fix_zh="请稍后重试；仍失败请把 request_id 告知运维",
        how_to_fix_en="retry; else report the request_id",
    )
    return problem_response(fault, request)
