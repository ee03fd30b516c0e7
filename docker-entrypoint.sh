#!/bin/sh
# How the web server starts in a container: wait for the database, bring its tables up to date, become gunicorn.
set -eu

python - <<'PYTHON'
import sys
import time

from sqlalchemy import create_engine
from sqlalchemy.exc import ArgumentError, OperationalError

import logs
from config import Config, fail

NAME = "SQLALCHEMY_DATABASE_URI"
TAKES = "postgresql+psycopg2://user:pass@host/db"
SECONDS = 60

if not Config.SQLALCHEMY_DATABASE_URI:
    fail(NAME, "", TAKES)
try:
    engine = create_engine(Config.SQLALCHEMY_DATABASE_URI, connect_args={"connect_timeout": 5})
except (ArgumentError, ValueError):
    fail(NAME, "(hidden)", TAKES)
where = f"PostgreSQL at {engine.url.host or 'a local socket'}:{engine.url.port or 5432}"  # and nothing of the password
deadline = time.monotonic() + SECONDS
reason = ""
while True:
    try:
        engine.connect().close()
        break
    except OperationalError as error:
        if time.monotonic() > deadline:
            sys.exit(f"Sevenday cannot start: {where} did not let it in within {SECONDS} seconds: {reason}")
        if not reason:
            print(logs.line(Config.LOG_FORMAT, "start", f"Waiting for {where} ..."), flush=True)
        reason = str(error.orig).strip().partition("\n")[0]
        time.sleep(0.5)
PYTHON

# Several may do this at once: the migrations hold a lock in the database.
trap '[ $? != 124 ] || echo "Sevenday cannot start: the database has not answered for 10 minutes." >&2' EXIT
timeout 600 \
flask --app wsgi db upgrade

# 0.0.0.0 is the container's own network; what of it is published, and where, compose says.
set -- --bind "0.0.0.0:${LISTEN_PORT:-${PORT:-5000}}"
[ -z "${METRICS_PORT:-}" ] || set -- "$@" --bind "0.0.0.0:$METRICS_PORT"
exec gunicorn "$@" wsgi:app
