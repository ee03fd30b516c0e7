"""Errors of the JSON API, as `application/problem+json` (RFC 9457): never a page, whatever went wrong."""

import json
from http import HTTPStatus
from typing import Any

from flask import Response, request
from werkzeug.exceptions import HTTPException

PREFIX = "/api/"


def is_api_request() -> bool:
    return is_api_path(request.path)


def is_api_path(path: str) -> bool:
    return path == "/api" or path.startswith(PREFIX)


def problem(status: int, detail: str, **more: Any) -> Response:
    """`more` may say `errors`: `[{"field": "0.weight", "detail": ...}]`."""
    said = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail, **more}
    return Response(json.dumps(said), status, mimetype="application/problem+json")


def of(error: HTTPException) -> Response:
    messages = getattr(error, "data", {}).get("messages", {})
    errors = [{"field": field, "detail": detail} for field, detail in flat(messages)]
    more: dict[str, Any] = {"errors": errors, "field": errors[0]["field"]} if errors else {}
    text = f"{errors[0]['field']}: {errors[0]['detail']}" if errors else str(error.description)
    answer = problem(error.code or 500, text, **more)
    for name, value in error.get_headers():
        if name.lower() not in ("content-type", "content-length"):
            answer.headers[name] = value
    if error.code == HTTPStatus.UNAUTHORIZED:
        answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


def flat(messages: Any, path: str = "") -> list[tuple[str, str]]:
    """Marshmallow's nested messages as (`0.weight`, sentence); where a parameter stands (query, json) is left out."""
    if isinstance(messages, dict):
        inner = messages.items()
        return [
            one
            for key, value in inner
            for one in flat(value, path if is_left_out(key, path) else f"{path}.{key}".strip("."))
        ]
    return [(path, str(message)) for message in (messages if isinstance(messages, list) else [messages])]


def is_left_out(key: Any, path: str) -> bool:
    return key == "_schema" or (not path and key in ("query", "json"))
