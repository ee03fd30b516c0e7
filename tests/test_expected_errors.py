"""An episode fits on a screen: one sentence says what is so, since when and what to do, one that it is over."""

import subprocess
import sys
from threading import Thread
from types import SimpleNamespace
from typing import Any

import pytest

import repeats
import run
import tasks
from app.records.store import Tally
from expected_errors import OVER_SECONDS, Episodes

FRAMES = "\n".join(f'  File "/x/site-packages/lib/part{n}.py", line {n}, in run\n    self.run()' for n in range(60))
ERRORS = {
    "sqlite3.OperationalError: database is locked": "Prefect's database is locked",
    "sqlalchemy.exc.OperationalError: (sqlite3.OperationalError) database is locked": "Prefect's database is locked",
    "sqlite3.OperationalError: database or disk is full": "The disk is full",
    "OSError: [Errno 28] No space left on device: '/x/y'": "The disk is full",
    "OSError: [Errno 122] Disk quota exceeded": "The disk is full",
    "psycopg2.errors.DiskFull: could not extend file: No space left on device": "The disk is full",
    "sqlite3.OperationalError: attempt to write a readonly database": "The disk or the folder of the data cannot",
    "OSError: [Errno 30] Read-only file system: '/x'": "The disk or the folder of the data cannot",
    "sqlite3.OperationalError: disk I/O error": "The disk does not keep what Prefect writes",
    "sqlite3.OperationalError: unable to open database file": "The disk does not keep what Prefect writes",
    'psycopg2.OperationalError: connection to server on socket "/x" failed: FATAL:  sorry, too many clients already': (
        "PostgreSQL lets no more programs in"
    ),
    "psycopg2.OperationalError: connection to server at 127.0.0.1, port 1 failed: Connection refused": (
        "The database does not answer"
    ),
    "sqlalchemy.exc.OperationalError: (psycopg2.OperationalError) server closed the connection unexpectedly": (
        "The database does not answer"
    ),
    "psycopg2.errors.AdminShutdown: terminating connection due to administrator command": (
        "The database does not answer"
    ),
    "OSError: [Errno 24] Too many open files": "No more files can be opened",
    "httpx.ConnectError: All connection attempts failed": "Prefect's server does not answer as it should",
    "prefect.exceptions.PrefectHTTPStatusError: Server error '500' for url 'http://127.0.0.1:4200/api'": (
        "Prefect's server does not answer as it should"
    ),
}


def traceback(error: str, head: str = "", detail: str = "") -> str:
    lines = ["Traceback (most recent call last):", FRAMES, error, *([detail] if detail else [])]
    return "\n".join([*([head] if head else []), *lines])


def episode(error: str) -> list[str]:
    """Some dozen tracebacks of one cause, of several programs and in several shapes."""
    heads = ["ERROR:    Exception in ASGI application", "10:00:01.1 | ERROR   | prefect.server - It failed", ""]
    return [
        traceback(error, f"{heads[n % 3]}{n // 3}" if heads[n % 3] else "", f"[SQL: UPDATE t{n}]" if n % 2 else "")
        for n in range(36)
    ]


@pytest.mark.parametrize("error", ERRORS)
def test_an_episode_is_one_sentence_and_another_when_it_is_over(error: str) -> None:
    now = 0.0
    episodes = Episodes(lambda: now, lambda: f"10:{int(now) // 60:02}")
    said = [line for block in episode(error) if (line := episodes.take(block))]
    assert len(said) == 1
    assert said[0].startswith(f"{ERRORS[error]}")
    assert " since 10:00. " in said[0]
    assert error[:40] in said[0]
    now = OVER_SECONDS - 1
    assert episodes.over() == []
    episodes.take(traceback(error))
    now = 2 * OVER_SECONDS
    (over,) = episodes.over()
    assert over.startswith(f"It is over: “{ERRORS[error]}")
    assert over.endswith("10:00 to 10:01 (errors: 37)")
    assert episodes.over() == []
    assert episodes.take(traceback(error))


@pytest.mark.parametrize(
    "block",
    [
        traceback("ValueError: an error of ours"),
        traceback("KeyError: 'connection'"),
        traceback("psycopg2.errors.UniqueViolation: duplicate key value violates unique constraint"),
        "database is locked",
        "10:00:01 sync: strava activities 1 added",
    ],
)
def test_what_no_known_step_mends_is_said_as_it_is(block: str) -> None:
    assert Episodes().take(block) is None


def test_a_port_that_was_taken_meanwhile_is_a_sentence_that_nothing_follows() -> None:
    now = 0.0
    episodes = Episodes(lambda: now)
    head = "ERROR:    [Errno 98] error while attempting to bind on address ('127.0.0.1', 4200): address already in use"
    said = episodes.take(traceback("AssertionError: Reactive triggers not started", head))
    assert said
    assert said.startswith("Another program has taken the port. ")
    assert "4200" in said
    now = 2 * OVER_SECONDS
    assert episodes.over() == []


BOXED = (
    "╭─── Traceback (most recent call last) ───╮\n│ /x/y.py:7 in run │\n╰──────────╯\nOSError: [Errno 28] No space left"
)
UVICORN = "ERROR:    Traceback (most recent call last):\n" + FRAMES + "\nsqlite3.OperationalError: database is locked"


@pytest.mark.parametrize("block", [BOXED, UVICORN], ids=["drawn", "uvicorn's"])
def test_other_programs_tracebacks_are_whole_however_they_write_them(block: str) -> None:
    made = repeats.Blocks()
    assert [whole for line in [*block.split("\n"), "another line"] if (whole := made.add(line))] == [block]


def test_what_a_program_prints_in_such_an_episode_fits_on_a_screen() -> None:
    storm = "\n".join([*(block for error in ERRORS for block in episode(error)), "ERROR | something else"])
    prints = "import sys; sys.stdout.write(sys.stdin.read())"
    said: list[str] = []
    with subprocess.Popen([sys.executable, "-c", prints], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as program:
        assert program.stdin
        assert program.stdout
        Thread(target=lambda: (program.stdin.write(storm.encode()), program.stdin.close()), daemon=True).start()
        repeats.pass_on(program.stdout, said.append)
    assert len(said) <= len(set(ERRORS.values())) + 2
    assert "ERROR | something else" in said


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("[2026-11-25 13:56:47 +0000] [7505] [INFO] The board is at x", "The board is at x"),
        ("[2026-11-25 13:56:47 +0000] [7505] [ERROR] No file", "[ERROR] No file"),
        ("13:57:40 sync: strava activities 16 added", "sync: strava activities 16 added"),
        ("14:11:10.526 | ERROR   | prefect.server - It failed", "ERROR   | prefect.server - It failed"),
        ("10:00 is no clock of its own", "10:00 is no clock of its own"),
    ],
)
def test_a_line_of_the_terminal_has_one_clock(text: str, shown: str, capsys: pytest.CaptureFixture[str]) -> None:
    run.show("web", text)
    assert capsys.readouterr().out.partition(" | ")[2] == f"{shown}\n"


def ended(tally: Tally | None) -> Any:
    """A Prefect state, as far as it is asked; None failed."""
    return SimpleNamespace(is_completed=lambda: tally is not None, result=lambda: tally)


UNCHANGED, ADDED, FAILED = ended(Tally()), ended(Tally(added=1)), ended(None)


@pytest.mark.parametrize(
    ("deployed", "demo", "states", "worth"),
    [
        (False, True, [UNCHANGED], True),
        (True, False, [UNCHANGED, UNCHANGED], False),
        (True, False, [UNCHANGED, ADDED], True),
        (True, True, [UNCHANGED, ADDED], False),
        (True, True, [ADDED, FAILED], True),
        (True, False, [UNCHANGED, FAILED], True),
        (True, False, [], False),
        (False, False, [], True),
    ],
)
def test_the_terminal_hears_of_a_scheduled_run_what_it_changed_or_met(
    monkeypatch: pytest.MonkeyPatch, deployed: bool, demo: bool, states: list[Any], worth: bool
) -> None:
    deployment = SimpleNamespace(id="x" if deployed else None)
    monkeypatch.setattr(tasks, "runtime", SimpleNamespace(deployment=deployment))
    config = {"SIMULATOR_URL": "http://127.0.0.1:1" if demo else None}
    monkeypatch.setattr(tasks, "flask_app", lambda: SimpleNamespace(config=config))
    monkeypatch.setattr(tasks.stats_con, "configured", lambda *_: not demo)
    assert tasks.worth_a_line(states) is worth
