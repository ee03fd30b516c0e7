"""The week as JSON for programs, which come with a token (app/web/tokens.py); described by /api/v1/openapi.json."""

from typing import Any

from flask import Flask, Response, request
from flask_smorest import Api

from app.api import pushed
from app.api.reads import bp
from app.api.writes import describe
from app.extensions import csrf

SETTINGS = {
    "API_TITLE": "Sevenday",
    "API_VERSION": "v1",
    "OPENAPI_VERSION": "3.1.0",
    "OPENAPI_URL_PREFIX": "/api/v1",
    "OPENAPI_JSON_PATH": "openapi.json",
    "API_SPEC_OPTIONS": {
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": {
                "Problem": {
                    "type": "object",
                    "required": ["title", "status", "detail"],
                    "properties": {
                        "type": {"type": "string"},
                        "title": {"type": "string"},
                        "status": {"type": "integer"},
                        "detail": {"type": "string"},
                        "field": {"type": "string"},
                        "errors": {"type": "array", "items": {"type": "object"}},
                    },
                }
            },
        },
        "security": [{"token": []}],
    },
}


class OwnErrors(Api):
    """Errors are told by app/web/errors.py, for these paths as for the pages."""

    DEFAULT_ERROR_RESPONSE_NAME = None

    def _register_error_handlers(self) -> None:
        pass


def init_app(app: Flask) -> None:
    app.config |= SETTINGS
    api = OwnErrors(app)
    describe(api.spec)
    api.register_blueprint(bp, url_prefix="/api/v1")
    app.register_blueprint(pushed.bp, url_prefix="/api/v1")
    for name in (bp.name, pushed.bp.name, "api-docs"):
        csrf.exempt(app.blueprints[name])
    app.after_request(tag)


def tag(response: Response) -> Any:
    """An ETag on what was read, and 304 where the program has it."""
    if request.path.startswith("/api/") and request.method in ("GET", "HEAD") and response.status_code == 200:
        response.add_etag(weak=True)
        response.make_conditional(request)
    return response
