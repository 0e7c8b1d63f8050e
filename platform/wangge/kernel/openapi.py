"""The OpenAPI document: every operation names the problems it can answer with."""

from __future__ import annotations

from typing import Any

from drf_spectacular.openapi import AutoSchema

PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "code", "detail", "errors"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "message": {"type": "object", "properties": {"zh": {"type": "string"}, "en": {"type": "string"}}},
        "facts": {"type": "object", "additionalProperties": True},
        "how_to_fix": {"type": "object", "properties": {"zh": {"type": "string"}, "en": {"type": "string"}}},
        "rule": {
            "type": "object",
            "properties": {"id": {"type": "string"}, "clause": {"type": ["string", "null"]}},
        },
        "field": {"type": "string"},
        "errors": {"type": "array", "items": {"type": "object", "additionalProperties": True}},
        "request_id": {"type": "string"},
    },
}
_COMMON = ("400", "401", "403", "404", "406", "429")
_UNSAFE = ("409", "412", "413", "415", "422", "428")


class ProblemAwareSchema(AutoSchema):
    """Adds problem+json answers and the Idempotency-Key and If-Match headers to every operation."""

    def get_operation(self, path: str, path_regex: str, path_prefix: str, method: str, registry: Any) -> Any:
        """The operation as drf-spectacular finds it, with the common answers filled in."""
        operation = super().get_operation(path, path_regex, path_prefix, method, registry)
        if not operation:
            return operation
        answer = {
            "content": {"application/problem+json": {"schema": PROBLEM_SCHEMA}},
            "description": "problem",
        }
        for status in _COMMON + (_UNSAFE if method in {"POST", "PUT", "PATCH", "DELETE"} else ()):
            operation["responses"].setdefault(status, answer)
        parameters = operation.setdefault("parameters", [])
        if method in {"POST", "PATCH", "PUT", "DELETE"}:
            parameters.append(
                _header("Idempotency-Key", "同一键的重试只执行一次 / retries with one key run once")
            )
        if method in {"PATCH", "PUT"} and getattr(self.view, "needs_if_match", False):
            parameters.append(_header("If-Match", "上次读取的 ETag / the ETag last read"))
        return operation


def _header(name: str, description: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": "header",
        "required": False,
        "description": description,
        "schema": {"type": "string"},
    }


def any_value_may_be_null(result: Any, **_: Any) -> Any:
    """Post-processing: a nullable JSON field is any value, not "anything or null", of which null is both."""
    if isinstance(result, dict):
        options = result.get("oneOf")
        if options == [{}, {"type": "null"}]:
            return {name: value for name, value in result.items() if name != "oneOf"}
        return {name: any_value_may_be_null(value) for name, value in result.items()}
    if isinstance(result, list):
        return [any_value_may_be_null(value) for value in result]
    return result
