"""`make run`'s program as a newcomer starts it: no settings, no database, no account."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import psutil
import pytest

from app.sync import updater
from tests.conftest import ROOT, execute, python
from tests.logged import objects
from tests.serving import PATIENCE, Board, Viewer, answers, free_port, wait_until


def start(folder: Path, port: int, **settings: str) -> Board:
    environment = {**os.environ, "INSTANCE_DIR": str(folder / "instance"), "PORT": str(port), **settings}
    log = folder / f"run-{time.monotonic_ns()}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "run.py"], cwd=ROOT, env=environment, stdout=output, stderr=output, start_new_session=True
        )
    board = Board(f"http://127.0.0.1:{port}", process, log)
    wait_until(lambda: answers(board))
    return board


def everything_of(folder: Path) -> list[psutil.Process]:
    """Every process, of whatever parent, that was started for this installation."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):  # it has ended, or is not ours to look into
            if any(str(folder) in word for word in [*process.cmdline(), process.environ().get("INSTANCE_DIR", "")]):
                found.append(process)
    return found


def stop(board: Board) -> None:
    board.process.send_signal(signal.SIGINT)
    assert board.process.wait(timeout=PATIENCE) == 0, board.log


@pytest.mark.timeout(900)
def test_a_fresh_start_shows_a_moving_demo_and_leaves_nothing_running(tmp_path: Path) -> None:
    port = free_port()
    board = start(tmp_path, port)
    assert len(everything_of(tmp_path)) > 4
    viewer = Viewer(board.url)
    viewer.say("get_stats", {})
    shown = viewer.until("stats_vals")
    while not (shown["demo"] and shown["data"]["calories"]):  # what comes last of the first sync
        shown = viewer.until("stats_vals")
    # From here on nobody touches anything: the week changes by itself, and as often as a newcomer has the patience for.
    assert timedelta(minutes=1) > updater.DEMO_INTERVAL
    before = viewer.answer("get_stats", "stats_vals")["cells"]
    began = time.monotonic()
    while viewer.until("stats_vals")["cells"] == before:
        assert time.monotonic() - began < PATIENCE
    viewer.close()
    assert "Traceback" not in board.log, board.log
    stop(board)
    assert everything_of(tmp_path) == []

    began = time.monotonic()
    board = start(tmp_path, port, LOG_FORMAT="json")
    assert time.monotonic() - began < 60  # a few seconds, on a machine that does nothing else
    viewer = Viewer(board.url)
    viewer.say("get_stats", {})
    kept = viewer.until("stats_vals")
    assert kept["demo"]
    assert kept["data"]["calories"]
    # A third one on the same port is told so in one line, and does no harm.
    third = python("run.py", INSTANCE_DIR=str(tmp_path / "instance"), PORT=str(port))
    assert third.returncode == 1
    said = f"Sevenday cannot start: PORT is '{port}'; it takes a port that no other program (another Sevenday?) listens"
    assert third.stderr == f"{said} on.\n"
    # A real client id from anywhere sends the demo away while everything runs, and it stays away.
    address = next(p.environ()["SQLALCHEMY_DATABASE_URI"] for p in everything_of(tmp_path) if "gunicorn" in p.cmdline())
    settings = {"INSTANCE_DIR": str(tmp_path / "instance"), "SQLALCHEMY_DATABASE_URI": address}
    once = python("tasks.py", "--once", STRAVA_CLIENT_ID="42", CREDS_DIR=str(tmp_path), **settings)
    assert once.returncode == 0, once.stdout + once.stderr
    assert "the demo has left" in once.stdout
    gone = viewer.until("stats_vals")
    while gone["demo"]:
        gone = viewer.until("stats_vals")
    assert gone["data"] == {"weight": [], "calories": [], "activities": []}
    viewer.say("sync_now", {})  # so that nobody waits for its turn
    wait_until(lambda: board.log.count("nothing is connected or due") >= 1)
    execute(address, "INSERT INTO fitbit_calories (calories, record_date) VALUES (2100, current_date)")
    # Beats were queued meanwhile; the push of this very INSERT comes after them.
    while [item["calories"] for item in viewer.until("stats_vals")["data"]["calories"]] != [2100]:
        pass
    viewer.close()
    stop(board)
    assert everything_of(tmp_path) == []
    assert {"gunicorn.error", "sync"} <= {one["logger"] for one in objects(board.log)}
