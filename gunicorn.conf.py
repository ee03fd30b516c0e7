"""How gunicorn serves Sevenday. Read in gunicorn's master, so a setting that makes no sense ends it with one line."""

import gc
import logging
import os
import warnings
from typing import Any

from gunicorn import util

import connections
import logs
from config import Config
from workers import LONGEST_LINE, worker

warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")  # as in app/__init__.py; the worker is first
CHATTER = (
    "Starting gunicorn",
    "Listening at",
    "Using worker",
    "The eventlet worker is DEPRECATED",
)  # < 26 is asked for
logging.getLogger("gunicorn.error").addFilter(lambda record: not str(record.msg).startswith(CHATTER))

host = f"[{Config.BIND_ADDRESS}]" if ":" in Config.BIND_ADDRESS else Config.BIND_ADDRESS
bind = [f"{host}:{Config.PORT}"]
if Config.METRICS_PORT:
    bind.append(f"127.0.0.1:{Config.METRICS_PORT}")  # app/web/metrics.py tells the two by the port
connections.raise_file_limit()
worker_class = worker(util.load_class(Config.SOCKETIO_ASYNC_MODE))
workers = 1  # a Socket.IO client must come back to the process that knows it; more need sticky sessions in front
worker_connections = connections.limits().all
limit_request_fields = 64
limit_request_line = LONGEST_LINE
forwarder_headers = ""  # a SCRIPT_NAME of a stranger would be a 500
graceful_timeout = 2
keepalive = connections.REST_SECONDS
control_socket_disable = True
# For who turns the access log on: paths without their queries, where a provider's answer carries a code.
access_log_format = '%(h)s %(t)s "%(m)s %(U)s %(H)s" %(s)s %(B)s "%(a)s"'
if Config.LOG_FORMAT == "json":
    logconfig_dict = logs.GUNICORN

DATABASE_SECONDS = 10
"""For the answer to one query."""


def post_fork(_server: Any, _worker: Any) -> None:
    gc.disable()  # until all is loaded: nothing of that becomes garbage, and looking for it took a seventh of a start


def post_worker_init(_worker: Any) -> None:
    from app import waiting  # not before the worker has patched what these import
    from app.sync import orphans

    logs.say_repeats_once()
    waiting.limit(DATABASE_SECONDS)
    orphans.end_with_parent()
    orphans.end_with_supervisor(os.getppid())
    gc.collect()
    gc.freeze()  # what is loaded stays: looking through all of it again and again cost a long page a third of its time
    gc.enable()


def when_ready(_server: Any) -> None:
    stop = "; Ctrl-C stops it" if "SUPERVISOR_PID" in os.environ else ""
    logging.getLogger("gunicorn.error").info("The board is at http://localhost:%s/stats/livefeed%s", Config.PORT, stop)
