"""The base of every API view: one order of answers, one place for scope, right, retry and version.

Order: 400 parse, 401, 405, idempotent replay, 404 scope, 403 right, 412/428, business.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, ClassVar, NamedTuple

from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponseBase
from django.utils import translation
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.utils.encoders import JSONEncoder
from rest_framework.views import APIView

from wangge.errors import RuleBroken, RulesBroken, not_found
from wangge.kernel.etag import check_if_match, etag_of
from wangge.kernel.idempotency import StoredAnswer, body_fingerprint, check_key, check_replay, idempotency
from wangge.kernel.paging import IdCursorPagination
from wangge.kernel.permissions import PUBLIC, SIGNED_IN, declared_permission, require
from wangge.kernel.problems import invalid_fields

_UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}
_KEPT_HEADERS = ("ETag", "Location")
# Parameters that every route knows: those of paging, and the form of the answer.
_EVERYWHERE = {"limit", "cursor", "format"}


class _Replayed(Exception):
    def __init__(self, answer: StoredAnswer) -> None:
        self.answer = answer


class _Claim(NamedTuple):
    """A key that this request has claimed, and for what."""

    user_id: int
    key: str
    fingerprint: str


class ApiView(APIView):
    """A view that declares `permission` and, when its route names an object, the `scope` that finds it.

    `scope(user)` is a `…_visible_to` query; an id outside it is 404. `unit_path_of(object)` is the org unit path on
    which the right is decided. The found object stands in `self.object`.
    """

    permission: ClassVar[str | dict[str, str] | None] = None
    scope: ClassVar[Callable[[Any], QuerySet[Any]] | None] = None
    lookup_kwarg: ClassVar[str] = "id"
    lookup_field: ClassVar[str] = "id"
    needs_if_match: ClassVar[bool] = False
    shown_once: ClassVar[tuple[str, ...]] = ()  # fields a kept answer must not hold, such as a new secret
    counts_tries: ClassVar[bool] = False  # a refusal leaves a counted try, which no transaction may take back
    open_under: ClassVar[tuple[str, ...]] = ()  # what a person may owe and still use this view
    takes_any_parameter: ClassVar[bool] = False  # calendar programs add their own to a subscribed address
    object: Any
    _is_query_known: bool = False
    _claim: _Claim | None = None

    def unit_path_of(self, found: Any) -> str | None:
        """The org unit path on which the right is decided; None asks for the right anywhere."""
        return getattr(found, "unit_path", None)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Answer in the fixed order: 401, 405, replay, 404, 403."""
        multipart = (request.content_type or "").startswith("multipart/")
        if request.method in _UNSAFE and not multipart:
            _ = request.data  # 400 parse comes first; an upload is not read for a stranger
        super().initial(request, *args, **kwargs)
        if request.method in _UNSAFE and request.user.is_authenticated and not self.counts_tries:
            self._replay_or_claim(request, request.user.pk)
        unit_path = None
        if self.scope is not None and self.lookup_kwarg in kwargs:
            self.object = self._find(type(self).scope(request.user), kwargs[self.lookup_kwarg])  # type: ignore[misc]
            unit_path = self.unit_path_of(self.object)
        declared = declared_permission(self, request.method or "GET")
        if declared is not None and declared not in (PUBLIC, SIGNED_IN):
            require(request.user, declared, unit_path)
        if request.method in _UNSAFE:
            self._check_parameters(set())

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """The answer; a read whose parameters nobody looked at is refused when it was sent any."""
        is_read = request.method not in _UNSAFE and response.status_code < 300
        if is_read and not (self._is_query_known or self.takes_any_parameter):
            try:
                self._check_parameters(set())
            except RuleBroken as refused:
                response = self.handle_exception(refused)
        return super().finalize_response(request, response, *args, **kwargs)

    def check_permissions(self, request: Request) -> None:
        """A method the route does not have is 405 to whoever is signed in: a 403 would promise that somebody may."""
        if request.user.is_authenticated and not self._has_handler(request.method or ""):
            self.http_method_not_allowed(request)
        super().check_permissions(request)

    def _has_handler(self, method: str) -> bool:
        return method.lower() in self.http_method_names and hasattr(self, method.lower())

    def _find(self, rows: QuerySet[Any], key: Any) -> Any:
        found = rows.filter(**{self.lookup_field: key}).first()
        if found is None:
            raise not_found()
        return found

    def _replay_or_claim(self, request: Request, user_id: int) -> None:
        key = request.headers.get("Idempotency-Key")
        if key is None:
            return
        check_key(key)
        fingerprint = body_fingerprint(request)
        stored = idempotency().claim(user_id, key, fingerprint)
        if stored is not None:
            check_replay(stored, fingerprint)
            raise _Replayed(stored)
        self._claim = _Claim(user_id, key, fingerprint)

    def handle_exception(self, exc: Exception) -> Response:
        """A replayed answer is no error; everything else goes to the one handler."""
        if isinstance(exc, _Replayed):
            replayed = Response(json.loads(exc.answer.body or "null"), status=exc.answer.status)
            for name, value in exc.answer.headers.items():
                replayed[name] = value
            replayed["Idempotent-Replayed"] = "true"
            return replayed
        return super().handle_exception(exc)

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Run a write that bears a key in one transaction with its claim and its kept answer.

        A second connection with the same key waits on the claim and then finds the answer; a refusal or a crash rolls
        the claim back with everything else, so a retry may do the work. Public views, and those that count tries, keep
        no answers: a wrong password must stay counted when the refusal has gone out.
        """
        keyed = request.method in _UNSAFE and "Idempotency-Key" in request.headers and not self.counts_tries
        if not keyed or declared_permission(self, request.method) == PUBLIC:
            return super().dispatch(request, *args, **kwargs)
        with transaction.atomic():
            response = super().dispatch(request, *args, **kwargs)
            if response.status_code >= 400:
                transaction.set_rollback(True)
            elif self._claim is not None:
                self._keep_answer(response, self._claim)
        return response

    def _keep_answer(self, response: HttpResponseBase, claim: _Claim) -> None:
        data = getattr(response, "data", None)
        if self.shown_once and isinstance(data, dict):
            data = {name: value for name, value in data.items() if name not in self.shown_once}
        body = "" if data is None else json.dumps(data, ensure_ascii=False, cls=JSONEncoder)
        headers = {name: response[name] for name in _KEPT_HEADERS if name in response}
        answer = StoredAnswer(claim.fingerprint, response.status_code, body, headers)
        idempotency().keep(claim.user_id, claim.key, answer)

    def parsed(self, serializer: type[BaseSerializer[Any]], **kwargs: Any) -> dict[str, Any]:
        """The request's body through an input serializer; raises 400 naming every bad field."""
        return read_input(serializer, self.request.data, **kwargs)

    def query(self, serializer: type[BaseSerializer[Any]]) -> dict[str, Any]:
        """The query string through a serializer; an unknown parameter is refused."""
        self._is_query_known = True
        self._check_parameters(set(serializer().fields))  # type: ignore[attr-defined]
        return read_input(serializer, self.request.query_params)

    def _check_parameters(self, names: set[str]) -> None:
        known = names | _EVERYWHERE
        unknown = sorted(set(self.request.query_params) - known)
        if unknown:
            raise RuleBroken(
                "UNKNOWN_PARAMETER",
                zh=f"不认识的参数：{'、'.join(unknown)}",
                status=400,
                en=f"unknown parameters: {', '.join(unknown)}",
                facts={"known": sorted(known)},
            )

    def check_version(self, version: int, current: dict[str, Any]) -> None:
        """Compare If-Match with the object's version (412, 428)."""
        check_if_match(
            self.request.headers.get("If-Match"),
            version=version,
            current=current,
            sent=dict(self.request.data),
        )

    def page(self, rows: QuerySet[Any], serializer: type[BaseSerializer[Any]], **context: Any) -> Response:
        """One page of rows by cursor; `context` is handed to the serializer."""
        paginator = IdCursorPagination()
        window = paginator.paginate_queryset(rows, self.request, view=self)
        return paginator.get_paginated_response(serializer(window, many=True, context=context).data)

    @staticmethod
    def answer(
        data: Any, *, status: int = 200, version: int | None = None, location: str | None = None
    ) -> Response:
        """A JSON answer with its ETag and Location."""
        response = Response(data, status=status)
        if version is not None:
            response["ETag"] = etag_of(version)
        if location is not None:
            response["Location"] = location
        return response


def read_input(serializer: type[BaseSerializer[Any]], data: Any, **kwargs: Any) -> dict[str, Any]:
    """The data through an input serializer, in plain values; raises 400 naming every bad field in both languages."""
    reader = serializer(data=data, **kwargs)
    if reader.is_valid():
        return dict(reader.validated_data)
    told: dict[str, Any] = {}
    for language in ("zh-hans", "en"):
        # A serializer's messages are in the language that was active when it found the fault.
        with translation.override(language):
            again = serializer(data=data, **kwargs)
            again.is_valid()
            told[language] = again.errors
    raise RulesBroken(invalid_fields(told["zh-hans"], told["en"]))


def empty() -> Response:
    """204 without a body."""
    return Response(status=204)
