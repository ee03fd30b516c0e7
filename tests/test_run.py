"""`make run`'s program as a newcomer starts it: no settings, no database, no account."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.conftest import ROOT, execute, python
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
    # From here on nobody touches anything: within a minute the week changes by itself.
    before = viewer.answer("get_stats", "stats_vals")["cells"]
    began = time.monotonic()
    while viewer.until("stats_vals")["cells"] == before:
        assert time.monotonic() - began < 60
    viewer.close()
    assert "Traceback" not in board.log, board.log
    stop(board)
    assert everything_of(tmp_path) == []

    began = time.monotonic()
    board = start(tmp_path, port)
    assert time.monotonic() - began < 20
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
    wait_until(lambda: board.log.count("nothing is connected or due") >= 1, seconds=70)
    execute(address, "INSERT INTO fitbit_calories (calories, record_date) VALUES (2100, current_date)")
    # Beats were queued meanwhile; the push of this very INSERT comes after them.
    while [item["calories"] for item in viewer.until("stats_vals")["data"]["calories"]] != [2100]:
        pass
    viewer.close()
    stop(board)
    assert everything_of(tmp_path) == []


def test_after_kill_9_of_every_process_a_later_start_works_and_keeps_the_data(tmp_path: Path) -> None:
    board = start(tmp_path, free_port(), DEMO="0")
    address = next(p.environ()["SQLALCHEMY_DATABASE_URI"] for p in everything_of(tmp_path) if "gunicorn" in p.cmdline())
    execute(address, "INSERT INTO fitbit_calories (calories, record_date) VALUES (2100, current_date)")
    killed = everything_of(tmp_path)
    for process in killed:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    board.process.wait()
    assert psutil.wait_procs(killed, timeout=10)[1] == []
    board = start(tmp_path, free_port(), DEMO="0")
    viewer = Viewer(board.url)
    viewer.say("get_stats", {})
    assert [item["calories"] for item in viewer.until("stats_vals")["data"]["calories"]] == [2100]
    viewer.close()
    stop(board)
    wait_until(lambda: everything_of(tmp_path) == [])
