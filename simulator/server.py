"""Both providers on one local address: the application and a way to run it next to a test."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from flask import Flask, Response, g, jsonify, request
from flask.json.provider import DefaultJSONProvider
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException
from werkzeug.serving import WSGIRequestHandler, make_server

from simulator import google, google_oauth, strava, strava_oauth
from simulator.consent import the_world
from simulator.faults import Fault
from simulator.world import World

NOT_FOUND_PAGE = """<!DOCTYPE html>
<html lang=en>
<title>Error 404 (Not Found)!!1</title>
<p><b>404.</b> <ins>That's an error.</ins>
<p>The requested URL was not found on this server. <ins>That's all we know.</ins>
</html>
"""


class WireJson(DefaultJSONProvider):
    sort_keys = False  # the providers' key order is part of the format
    ensure_ascii = False
    compact = True
    mimetype = "application/json; charset=utf-8"


class Simulator(Flask):
    json_provider_class = WireJson

    def dispatch_request(self) -> ResponseReturnValue:
        """One request at a time sees the world; a delay by fault happens before this and holds nobody up."""
        with self.extensions["world"].lock:
            return super().dispatch_request()


def create_app(world: World) -> Flask:
    app = Simulator("simulator", static_folder=None)
    app.extensions["world"] = world
    for blueprint in (strava_oauth.bp, google_oauth.bp, strava.bp, google.bp):
        app.register_blueprint(blueprint)
    app.add_url_rule("/", "about", lambda: jsonify(simulator="sevenday"))
    app.before_request(_record)
    app.before_request(_fail)
    app.after_request(_truncate)
    app.register_error_handler(404, _not_found)
    app.register_error_handler(405, _not_found)
    return app


def _record() -> None:
    sent = request.get_json(silent=True) if request.is_json else None
    fields: dict[str, Any] = sent if isinstance(sent, dict) else {}
    the_world().requests.append((request.method, request.path, request.values.to_dict() | fields))


def _fail() -> ResponseReturnValue | None:
    fault = the_world().take_fault(request.path)
    if fault is None:
        return None
    g.fault = fault
    time.sleep(fault.delay)
    return None if fault.status is None and fault.body is None else _faked(fault)


def _faked(fault: Fault) -> Response:
    body = "" if fault.body is None else fault.body
    text = body if isinstance(body, str | bytes) else json.dumps(body)
    is_json = not isinstance(body, str | bytes) or text[:1] in ("{", "[", b"{", b"[")
    response = Response(text, fault.status or 200, mimetype="application/json" if is_json else "text/html")
    response.headers.extend(fault.headers)
    return response


def _truncate(response: Response) -> Response:
    """Half the body under the full length, then the connection ends."""
    if "fault" in g and g.fault.truncate:
        whole = response.get_data()
        response.response = iter([whole[: len(whole) // 2]])
        response.content_length = len(whole)
    return response


def _not_found(_: HTTPException) -> ResponseReturnValue:
    if request.path.startswith("/strava"):
        missing = {"resource": "Path", "field": "", "code": "invalid"}
        return jsonify(message="Resource Not Found", errors=[missing]), 404
    return Response(NOT_FOUND_PAGE, 404, mimetype="text/html")


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        """Nothing: the world keeps the requests."""


@dataclass(frozen=True)
class Serving:
    url: str
    world: World

    def env(self) -> dict[str, str]:
        """The settings that point the product at this simulator."""
        return {
            "STRAVA_API_BASE": f"{self.url}/strava/api/v3",
            "STRAVA_OAUTH_BASE": f"{self.url}/strava/oauth",
            "GOOGLE_HEALTH_BASE": f"{self.url}/google/v4",
            "GOOGLE_AUTH_URL": f"{self.url}/google/auth",
            "GOOGLE_TOKEN_URL": f"{self.url}/google/token",
            "GOOGLE_REVOKE_URL": f"{self.url}/google/revoke",
        }


@contextmanager
def serve(world: World | None = None, port: int = 0) -> Iterator[Serving]:
    """Runs the simulator in a thread on 127.0.0.1 for as long as the block lasts."""
    world = world or World()
    server = make_server("127.0.0.1", port, create_app(world), threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield Serving(f"http://127.0.0.1:{server.server_port}", world)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
