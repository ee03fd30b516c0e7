"""A database that hangs, as on a stalled disk: it neither answers nor is away, and nobody waits for it without end."""

import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psutil
import psycopg2
import pytest
import requests

from app import embedded, embedded_server, waiting
from app.web import health
from tests.conftest import ROOT, make_app, migrate, python
from tests.serving import PATIENCE, Viewer, free_port, serving, wait_until

SENTENCE = "The database does not answer."


@contextmanager
def stalled(instance: Path) -> Iterator[None]:
    """PostgreSQL with all its sessions stands still."""
    server = embedded_server.running(instance / "postgres")
    assert server is not None
    processes = [psutil.Process(server.pid), *psutil.Process(server.pid).children()]
    for process in processes:
        process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        for process in processes:
            process.send_signal(signal.SIGCONT)


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("stalled")


@pytest.fixture(scope="module")
def own_uri(instance: Path) -> Iterator[str]:
    """A database on a server that nobody else uses, with all tables."""
    with embedded.held(str(instance)) as uri:
        migrate(uri)
        yield uri


@pytest.mark.parametrize("mode", ["eventlet", "gevent"])
def test_every_page_says_in_time_that_the_database_hangs_and_all_goes_on_afterwards(
    instance: Path, own_uri: str, tmp_path: Path, mode: str
) -> None:
    own = {"SOCKETIO_ASYNC_MODE": mode, "FEED_INTERVAL_SECONDS": "2"}
    assert health.PATIENCE_SECONDS < 4
    with serving(own_uri, tmp_path / "log", "tests.hasty:app", **own) as board:
        viewer = Viewer(board.url)

        def get(path: str) -> requests.Response:
            return requests.get(board.url + path, timeout=PATIENCE)

        get("/stats/livefeed")
        with stalled(instance):
            wait_until(lambda: get("/healthz").status_code == 503)
            assert get("/healthz").json()["reason"] == "the database does not answer"
            assert viewer.until("problem")["error"].startswith(SENTENCE)
            page = get("/stats/livefeed")
            assert page.status_code == 503
            assert SENTENCE in page.text
        wait_until(lambda: get("/healthz").ok)
        assert get("/stats/livefeed").ok
        viewer.until("stats_vals")
        viewer.close()
        assert "Traceback" not in board.log


@pytest.fixture
def deaf() -> Iterator[int]:
    """The port of something that lets everybody in and never says a word."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        yield listener.getsockname()[1]


def test_a_server_that_never_says_a_word_is_told_in_one_line_at_the_start(deaf: int) -> None:
    began = time.monotonic()
    started = python("run.py", SQLALCHEMY_DATABASE_URI=f"postgresql://a@127.0.0.1:{deaf}/b", PORT=str(free_port()))
    assert time.monotonic() - began < 20
    assert started.returncode == 1
    assert started.stderr.startswith("Sevenday cannot start: the database does not let it in: ")
    assert started.stderr.count("\n") == 1


@pytest.mark.parametrize("sql", ["SELECT pg_sleep(60)", "LOCK TABLE held IN ACCESS EXCLUSIVE MODE"])
def test_one_answer_that_is_late_is_an_error_and_ends_its_connection(uri: str, sql: str) -> None:
    address = uri.replace("+psycopg2", "")
    with closing(psycopg2.connect(address)) as other, other.cursor() as cursor:
        cursor.execute("CREATE TABLE held (); COMMIT; BEGIN; LOCK TABLE held")
        waiting.limit(0.3)
        try:
            with closing(psycopg2.connect(address)) as connection:
                began = time.monotonic()
                with pytest.raises(psycopg2.OperationalError, match="did not answer in time"):
                    connection.cursor().execute(sql)
                assert time.monotonic() - began < 2
                assert connection.closed
        finally:
            psycopg2.extensions.set_wait_callback(None)


def test_what_several_answers_may_take_together_counts_for_all_of_them(uri: str) -> None:
    waiting.limit(5)
    try:
        with closing(psycopg2.connect(uri.replace("+psycopg2", ""))) as connection:
            began = time.monotonic()
            with waiting.within(0.5), pytest.raises(psycopg2.OperationalError):
                for _ in range(10):
                    connection.cursor().execute("SELECT pg_sleep(0.2)")
            assert 0.3 < time.monotonic() - began < 1.5
        with closing(psycopg2.connect(uri.replace("+psycopg2", ""))) as connection:
            connection.cursor().execute("SELECT pg_sleep(0.6)")
    finally:
        psycopg2.extensions.set_wait_callback(None)


def test_the_pool_gives_out_no_connection_whose_answer_was_late(uri: str) -> None:
    app = make_app(uri)
    from app.extensions import db

    waiting.limit(0.3)
    try:
        with app.app_context():
            with pytest.raises(Exception, match="did not answer in time"):
                db.session.execute(db.text("SELECT pg_sleep(60)"))
            db.session.rollback()
            assert db.session.execute(db.text("SELECT 1")).scalar() == 1
            db.session.remove()
            db.engine.dispose()
    finally:
        psycopg2.extensions.set_wait_callback(None)


def test_the_container_ends_its_start_when_the_database_has_hung_too_long() -> None:
    text = (ROOT / "docker-entrypoint.sh").read_text()
    waiting = "timeout 600 \\\nflask --app wsgi db upgrade\n"
    assert waiting in text
    start = text[text.index("trap ") : text.index(waiting)] + "timeout 0.2 sleep 60\n"
    ended = subprocess.run(["sh", "-euc", start], capture_output=True, text=True, check=False, timeout=30)
    assert ended.returncode == 124
    assert ended.stderr == "Sevenday cannot start: the database has not answered for 10 minutes.\n"
