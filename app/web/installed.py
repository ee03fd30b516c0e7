"""The page as an app on a phone: its manifest, and the worker that shows the last week where there is no network."""

from pathlib import Path

from flask import Blueprint, Flask, Response, current_app, jsonify, request, url_for

from app.extensions import db
from app.records import queries
from app.web import assets

bp = Blueprint("installed", __name__)
TEAL = "#0b6e6e"


@bp.get("/manifest.webmanifest")
def manifest() -> Response:
    icons = [("192", "192", "any"), ("512", "512", "any"), ("maskable-512", "512", "maskable")]
    answer = jsonify(
        name="Sevenday",
        short_name="Sevenday",
        id=url_for("home"),
        start_url=url_for("stats.livefeed"),
        scope=url_for("home"),
        display="standalone",
        theme_color=TEAL,
        background_color="#ffffff",
        icons=[
            {
                "src": url_for("static", filename=f"icons/{name}.png"),
                "sizes": f"{size}x{size}",
                "type": "image/png",
                "purpose": purpose,
            }
            for name, size, purpose in icons
        ],
        shortcuts=[{"name": "Log", "url": url_for("log.index")}],
    )
    answer.mimetype = "application/manifest+json"
    return answer


@bp.get("/worker.js")
def worker() -> Response:
    """Another text for each version of the files, which makes a browser take the new one over."""
    script = Path(current_app.root_path, "static", "worker.js")
    text = f'"use strict";\nconst VERSION = "{assets.version()}";\n{script.read_text()}'
    return Response(text, mimetype="text/javascript")


def init_app(app: Flask) -> None:
    app.register_blueprint(bp)
    app.after_request(mark)


def mark(response: Response) -> Response:
    """A worker keeps only what says so: a person's own week, and never the demo's."""
    if request.endpoint == "stats.livefeed" and response.status_code == 200 and "week" not in request.args:
        response.headers["X-Sevenday-Keep"] = "no" if queries.demo_is_on(db.session()) else "yes"
    return response
