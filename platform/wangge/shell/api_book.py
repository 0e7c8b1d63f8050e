"""The API's page for readers: its conventions, and every operation from the OpenAPI document."""

from __future__ import annotations

from wangge.shell.documents import openapi

CONVENTIONS = """# API

Printed by `python manage.py print_docs` from the code; do not edit by hand. Every host describes itself at
`/api/v1/openapi.json` (OpenAPI 3.1) and, for readers, at `/api/v1/docs`.

- **City.** The host names the city; nothing in a request can name another one. The operator's host serves cities as such
  and never a city's data.
- **Signing in.** A session cookie (`POST /sessions`; writes then need `X-CSRFToken`), or a personal access token
  (`POST /tokens`, by somebody signed in) as `Authorization: Bearer`, as the password of Basic, or as `X-Api-Key`. Who has a
  second factor sends `code` with name and password (401 SECOND_FACTOR_REQUIRED without). Who owes one may only enrol it
  (403 SECOND_FACTOR_NOT_ENROLLED from all else; `owed` in `GET /me`). Five wrong passwords or codes close the door for 15
  minutes (429 with `Retry-After`).
- **Order of answers.** 400 parse → 401 → idempotent replay → 404 scope → 403 right → 412/428 version → rules. What is
  outside your scope is 404, never 403.
- **Refusals** are `application/problem+json` with `code`, both languages under `message`, the `facts` used, `rule` (row of
  `docs/rules.md`) and `how_to_fix`; all refusals of one submission stand in `errors`. Chinese unless `Accept-Language: en`.
- **Lists** answer `{next, previous, results}`; `limit` is 1–200, `cursor` comes from `next`.
- **Edits** need `If-Match` with the ETag last read: 428 without, 412 with both values when somebody was faster.
- **Retries.** `Idempotency-Key` on any write: the same key gives the first answer again (`Idempotent-Replayed: true`), the
  same key for another request is 409. Secrets are not kept for a replay.
- **Long work** answers 202 with a job; `GET /jobs/{id}` tells state, `done` of `total`, stage, result or problem;
  `POST /jobs/{id}/cancel` stops it.
- **Times** carry their offset (400 NAIVE_DATETIME without); dates are days in Shanghai; money is a decimal string.
- **Maps.** GeoJSON is lon-lat in CRS84 with 7 decimals; tiles are Mapbox vector tiles.
"""

HOSTS = (("A city's host", "wangge.shell.urls"), ("The operator's host", "wangge.shell.urls_operator"))


def printed_api() -> str:
    """The page as Markdown, for docs/api.md."""
    parts = [CONVENTIONS]
    for title, urlconf in HOSTS:
        parts += [f"## {title}", "", "| operation | path below `/api/v1` | what it does |", "|---|---|---|"]
        for path, operations in sorted(openapi(urlconf)["paths"].items()):
            short = path.removeprefix("/api/v1")
            for method, operation in operations.items():
                said = operation.get("description", "").strip().split("\n")[0]
                parts.append(f"| {method.upper()} | `{short}` | {said} |")
        parts.append("")
    return "\n".join(parts)
