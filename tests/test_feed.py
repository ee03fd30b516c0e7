"""The live feed on a real server, under eventlet and under gevent, with real sockets and a real PostgreSQL."""

import queue
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import psycopg2
import pytest
import requests
from flask_migrate import upgrade
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect as websocket

from app import embedded, embedded_server
from app.extensions import db
from tests.conftest import ROOT, execute, make_app
from tests.serving import PATIENCE, Board, serving, viewing, wait_until

WEIGH_IN = "INSERT INTO fitbit_weight (weight, record_date, record_time) VALUES (%s, %s, '07:00')"
TODAY = date.today  # a function; all of the tests lives in UTC


@pytest.fixture(params=["eventlet", "gevent"])
def mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def board(uri: str, mode: str, tmp_path: Path) -> Iterator[Board]:
    with serving(uri, tmp_path / "web.log", SOCKETIO_ASYNC_MODE=mode, TIMEZONE="UTC") as board:
        yield board


@pytest.mark.parametrize("transport", ["polling", "websocket"])
def test_a_commit_by_anybody_reaches_every_viewer_at_once(board: Board, uri: str, transport: str) -> None:
    with viewing(board, transport) as one, viewing(board, transport) as other:
        one.settle(), other.settle()
        execute(uri, WEIGH_IN, 72.4, TODAY())
        for viewer in (one, other):
            dates = viewer.next("dates")
            assert TODAY().isoformat() == dates["today"]
            assert dates["today"] in dates["data"]
            assert [item["weight"] for item in viewer.next("stats_vals")["data"]["weight"]] == [72.4]
        execute(uri, "UPDATE fitbit_weight SET weight = 73")
        one.next("dates")
        assert one.next("stats_vals")["data"]["weight"][0]["weight"] == 73


def test_five_thousand_rows_committed_together_are_one_push(board: Board, uri: str) -> None:
    with viewing(board) as viewer:
        viewer.settle()
        rows = "SELECT 70, %s::date - n %% 14 FROM generate_series(1, 5000) n"
        execute(uri, f"INSERT INTO fitbit_weight (weight, record_date) {rows}", TODAY())
        viewer.next("dates")
        viewer.next("stats_vals")
        with pytest.raises(queue.Empty):
            viewer.heard.get(timeout=1)


def test_a_burst_of_commits_is_a_few_pushes_and_the_last_one_is_right(board: Board, uri: str) -> None:
    with viewing(board) as viewer:
        viewer.settle()
        connection = psycopg2.connect(uri.replace("+psycopg2", ""))
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(WEIGH_IN, (0, TODAY()))
            for kilograms in range(300):
                cursor.execute("UPDATE fitbit_weight SET weight = %s", (kilograms,))
        connection.close()
        pushes = []
        while not pushes or pushes[-1]["data"]["weight"][0]["weight"] != 299:
            pushes.append(viewer.until("stats_vals"))
        assert len(pushes) < 100


def test_a_change_outside_the_week_sends_nothing(board: Board, uri: str) -> None:
    with viewing(board) as viewer:
        viewer.settle()
        execute(uri, WEIGH_IN, 72.4, TODAY() - timedelta(days=30))
        with pytest.raises(queue.Empty):
            viewer.heard.get(timeout=0.7)


def test_a_page_of_longer_spans_hears_of_every_change_and_others_do_not(board: Board, uri: str) -> None:
    with viewing(board) as trends, viewing(board) as other:
        trends.say("joined", {"page": "trends"})
        trends.settle(), other.settle()
        execute(uri, WEIGH_IN, 72.4, TODAY() - timedelta(days=3000))
        assert trends.next("changed") == {}
        execute(uri, "UPDATE preferences SET goal_weight = 70")
        trends.until("changed")
        other.next("dates")


def test_the_beat_goes_to_everyone_without_a_change(uri: str, mode: str, tmp_path: Path) -> None:
    settings = {"SOCKETIO_ASYNC_MODE": mode, "FEED_INTERVAL_SECONDS": "0.5"}
    with serving(uri, tmp_path / "web.log", **settings) as board, viewing(board) as viewer:
        counts = []
        for _ in range(3):
            viewer.until("dates")
            counts.append(viewer.next("stats_vals")["count"])
        assert counts == [counts[0], counts[0] + 1, counts[0] + 2]


def test_without_a_viewer_the_database_is_not_asked(board: Board, uri: str) -> None:
    def last_query() -> object:
        """When any connection of the server last asked anything."""
        connection = psycopg2.connect(uri.replace("+psycopg2", ""))
        with connection, connection.cursor() as cursor:
            others = "datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
            cursor.execute(f"SELECT max(query_start) FROM pg_stat_activity WHERE {others}")
            (found,) = cursor.fetchone() or (None,)
        connection.close()
        return found

    with viewing(board) as viewer:
        viewer.settle()
    time.sleep(0.3)
    before = last_query()
    assert before is not None
    for kilograms in (70, 71):
        execute(uri, WEIGH_IN, kilograms, TODAY())
        time.sleep(0.2)
    assert last_query() == before


def test_bad_input_gets_one_clear_sentence_and_others_are_not_disturbed(board: Board, uri: str) -> None:
    with viewing(board) as good, viewing(board) as bad:
        good.settle(), bad.settle()
        bad.say("get_banana", {})
        assert bad.next("problem")["error"].startswith("There is no event 'get_banana'")
        bad.say("get_week", "banana")
        assert bad.next("problem")["error"] == "get_week takes an object such as {}, not 'banana'."
        bad.say("get_week", {})
        bad.next("dates")
        send_rubbish(board)
        execute(uri, WEIGH_IN, 72.4, TODAY())
        good.next("dates")
        good.next("stats_vals")
    assert "Traceback" not in board.log, board.log
    assert board.log.count("that it could not read") >= 5


def send_rubbish(board: Board) -> None:
    """A megabyte that is no message, by both transports, and messages that only look like some."""
    socket = board.url.replace("http", "ws") + "/socket.io/?EIO=4&transport=websocket"
    lookalikes = (
        "4",
        "40/livefeed,",
        "42/livefeed,{",
        '42/livefeed,["get_week"',
        "42/livefeed,[]",
        "451-[",
        "9",
        "banana",
    )
    for text in lookalikes:
        with websocket(socket) as raw:
            raw.recv()
            raw.send(text)
    for megabyte in ("x" * 1_000_000, b"\x00" * 1_000_000):
        with websocket(socket) as raw, pytest.raises((WebSocketException, OSError)):
            raw.recv()
            raw.send(megabyte)
            raw.recv(timeout=PATIENCE)
    polling = f"{board.url}/socket.io/?EIO=4&transport=polling"
    sid = requests.get(polling, timeout=PATIENCE).text.split('"sid":"')[1].split('"')[0]
    posted = requests.post(f"{polling}&sid={sid}", data="x" * 1_000_000, timeout=PATIENCE)
    assert (posted.status_code, posted.text) == (413, "A message may have 16384 bytes at the most.\n")


def test_the_feed_outlives_a_database_restart_under_load(tmp_path: Path, mode: str) -> None:
    database = tmp_path / "pg" / "postgres"
    with own_database(database.parent) as uri:
        settings = {"SOCKETIO_ASYNC_MODE": mode, "TIMEZONE": "UTC"}
        with serving(uri, tmp_path / "web.log", **settings) as board, viewing(board) as viewer:
            viewer.settle()
            with ThreadPoolExecutor(1) as pool:
                writer = pool.submit(write_for, uri, 6.0)
                viewer.until("stats_vals")
                embedded_server.stop(database)
                assert "does not answer" in viewer.until("problem")["error"]
                wait_until(lambda: requests.get(f"{board.url}/healthz", timeout=PATIENCE).status_code == 503)
                assert "tries again by itself" in requests.get(f"{board.url}/stats/livefeed", timeout=PATIENCE).text
                embedded_server.start(database.parent, database)
                viewer.until("stats_vals")
                last = writer.result()
            while viewer.until("stats_vals")["data"]["weight"][0]["weight"] != last:
                pass


@contextmanager
def own_database(folder: Path) -> Iterator[str]:
    """The address of a migrated database on a PostgreSQL server that a test may stop."""
    with embedded.held(str(folder)) as uri:
        with make_app(uri).app_context():
            upgrade(directory=str(ROOT / "migrations"))
            db.engine.dispose()
        yield uri


def write_for(uri: str, seconds: float) -> float:
    """Changes today's weigh-in all the time, whether or not the database is there, and returns its last weight."""
    deadline, kilograms = time.monotonic() + seconds, 50.0
    execute(uri, WEIGH_IN, kilograms, TODAY())
    while time.monotonic() < deadline:
        try:
            execute(uri, "UPDATE fitbit_weight SET weight = %s", kilograms + 1)
            kilograms += 1
        except psycopg2.OperationalError:
            time.sleep(0.05)
        time.sleep(0.005)
    return kilograms


def test_a_choice_of_the_person_reaches_viewers_and_whoever_comes_after_it(board: Board, uri: str) -> None:
    first_days = {"monday": 0, "saturday": 5, "sunday": 6}
    with viewing(board) as viewer:
        viewer.settle()
        for start in ("monday", "saturday"):
            execute(uri, "UPDATE preferences SET week_start = %s", start)
            assert date.fromisoformat(viewer.next("dates")["data"][0]).weekday() == first_days[start]
            viewer.next("stats_vals")
    execute(uri, "UPDATE preferences SET week_start = 'monday'")
    time.sleep(0.3)
    with viewing(board) as viewer:
        viewer.say("get_week", {})
        viewer.say("get_stats", {})
        assert date.fromisoformat(viewer.next("dates")["data"][0]).weekday() == 0
        viewer.next("stats_vals")
