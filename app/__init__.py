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
    app.config.from_object(config)
    proxies.pass_by(app.config["PREFECT_API_URL"])
    if not app.config["SQLALCHEMY_DATABASE_URI"]:
        from app import embedded

        app.config["SQLALCHEMY_DATABASE_URI"] = embedded.uri(app.config["INSTANCE_DIR"])

    db.init_app(app)
    migrate.init_app(app, db, directory=str(Path(app.root_path).parent / "migrations"))
    bootstrap.init_app(app)

    from app import api, connect, importing, log, settings, stats, trends
    from app.web import (
        access,
        assets,
        bodies,
        callers,
        errors,
        gate,
        headers,
        health,
        installed,
        metrics,
        prefix,
        sessions,
        theme,
    )

    logs.guard()
    bodies.init_app(app)
    sessions.init_app(app)
    headers.init_app(app)
    assets.init_app(app)
    access.init_app(app)
    csrf.init_app(app)  # after access: who is signed out learns that, and not that a form's token is missing
    errors.init_app(app)
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

    mode, limit = app.config["SOCKETIO_ASYNC_MODE"], gate.MAX_MESSAGE_BYTES
    with warnings.catch_warnings():
        # That eventlet is in bug-fix mode is known (docs/development.md), and asks nothing of who reads the log.
        warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")
        socketio.init_app(
            app,
            async_mode=mode,
            max_http_buffer_size=limit,
            cors_allowed_origins=gate.own_origin(app),
            serializer=gate.Packet,
        )
    gate.init_app(app)
    metrics.init_app(app)
    for door in (bodies, prefix, callers, headers):  # each stands before all that was bound until then
        door.wrap_wsgi(app)
    return app


def home() -> Response:
    return redirect(url_for("stats.livefeed"))
