"""Sevenday: one person's week on a page that updates itself."""

import warnings
from pathlib import Path

from flask import Flask, redirect, url_for
from werkzeug.wrappers import Response

import logs
from app import proxies
from app.extensions import bootstrap, csrf, db, migrate, socketio


def create_app(config: str | object = "config.Config") -> Flask:
    """The application: config, extensions, modules, socketio, in that order."""
    app = Flask(__name__)
    configure(app, config)
    init_extensions(app)
    init_front_door(app)
    register_pages(app)
    init_live_feed(app)
    wrap_wsgi(app)
    return app


def configure(app: Flask, config: str | object) -> None:
    app.config.from_object(config)
    proxies.pass_by(app.config["PREFECT_API_URL"])
    if not app.config["SQLALCHEMY_DATABASE_URI"]:
        from app import embedded

        app.config["SQLALCHEMY_DATABASE_URI"] = embedded.uri(app.config["INSTANCE_DIR"])


def init_extensions(app: Flask) -> None:
    db.init_app(app)
    migrate.init_app(app, db, directory=str(Path(app.root_path).parent / "migrations"))
    bootstrap.init_app(app)


def init_front_door(app: Flask) -> None:
    """What every request passes, whichever page it is for."""
    from app.web import access, assets, bodies, errors, headers, sessions

    logs.guard()
    bodies.init_app(app)
    sessions.init_app(app)
    headers.init_app(app)
    assets.init_app(app)
    access.init_app(app)
    csrf.init_app(app)  # after access: who is signed out learns that, and not that a form's token is missing
    errors.init_app(app)


def register_pages(app: Flask) -> None:
    from app import api, connect, importing, log, settings, stats, trends
    from app.web import health, installed, theme

    stats.init_app(app)
    app.register_blueprint(connect.bp, url_prefix="/connect")
    app.register_blueprint(trends.bp, url_prefix="/stats")
    app.register_blueprint(settings.bp, url_prefix="/settings")
    app.register_blueprint(importing.bp, url_prefix="/files")
    app.register_blueprint(log.bp, url_prefix="/log")
    api.init_app(app)
    installed.init_app(app)
    theme.init_app(app)
    app.register_blueprint(health.bp)
    app.add_url_rule("/", "home", home)


def init_live_feed(app: Flask) -> None:
    from app.web import gate

    with warnings.catch_warnings():
        # That eventlet is in bug-fix mode is known (docs/development.md), and asks nothing of who reads the log.
        warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")
        socketio.init_app(
            app,
            async_mode=app.config["SOCKETIO_ASYNC_MODE"],
            max_http_buffer_size=gate.MAX_MESSAGE_BYTES,
            cors_allowed_origins=gate.own_origin(app),
            serializer=gate.Packet,
        )
    gate.init_app(app)


def wrap_wsgi(app: Flask) -> None:
    from app.web import bodies, callers, headers, metrics, prefix

    metrics.init_app(app)
    for door in (bodies, prefix, callers, headers):  # each stands before all that was bound until then
        door.wrap_wsgi(app)


def home() -> Response:
    return redirect(url_for("stats.livefeed"))
