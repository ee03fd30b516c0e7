"""What repeats is said once and then with a count, whoever says it; what is different is always said."""

import logging
import subprocess
import sys
import uuid
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

import repeats
from repeats import FIRST_SECONDS, Blocks, Repeats
from tests.conftest import ROOT

TRACE = """Traceback (most recent call last):
  File "/x/sqlite.py", line 7, in execute
    raise error
sqlite3.OperationalError: database is locked

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "/x/base.py", line 9, in run
    self.execute()
sqlalchemy.exc.OperationalError: (sqlite3.OperationalError) database is locked
[SQL: UPDATE flow_run SET updated=? WHERE flow_run.id = ?]
[parameters: ('2026-11-25 10:00:{n:02}.12345', '{id}')]
(Background on this error at: https://sqlalche.me/e/20/e3q8)"""


def locked(n: int) -> str:
    head = f"10:0{n // 60 % 10}:{n % 60:02}.{n % 1000:03} | ERROR   | prefect.server - Unexpected error in: Scheduler"
    return f"{head}\n{TRACE.replace('{n:02}', f'{n % 60:02}').replace('{id}', str(uuid.uuid4()))}"


STORMS = {
    "a locked database": locked,
    "a full disk": lambda n: f"[2026-11-25 10:00:{n % 60:02} +0000] [{1000 + n}] [ERROR] No space left on device: 'x'",
    "blocks of a file": lambda n: f"could not write block {n} of relation base/16384/{2600 + n}: No space left",
    "a bare error": lambda _: "sqlite3.OperationalError: database is locked",
    "runs of many names": lambda n: (
        f"WARNING | Flow run '{'abcdefghij'[n % 10]}-{'xyz'[n // 10 % 3]}' - Failed to write"
    ),
    "an indented line": lambda _: "    retrying",
    "an object": lambda n: f"Task <Task at 0x7f{n:08x}> was destroyed, after {n / 7:.3f} s",
    "nothing": lambda _: "",
}


def shown(lines: Iterable[str], ended: bool = True, known: Repeats | None = None) -> list[str]:
    """What is said of these lines that come at once."""
    made, known, said = Blocks(), known or Repeats(lambda: 0.0), []
    for text in [*filter(None, map(made.add, lines)), made.end()]:
        said += [one for _, one in known.take(text)]
    return [*said, *(one for _, one in (known.over(all_of_it=True) if ended else []))]


@pytest.mark.parametrize("storm", STORMS.values(), ids=STORMS)
def test_a_storm_is_said_once_with_a_count_and_hides_no_other_error(storm):
    lines = [line for n in range(3000) for line in storm(n).split("\n")]
    other = ["10:00:59.001 | ERROR   | prefect.server - Unexpected error in: Scheduler", *TRACE.split("\n")[:3]]
    other.append("sqlite3.OperationalError: disk I/O error")
    middle = len(lines) // 2 // len(storm(0).split("\n")) * len(storm(0).split("\n"))
    said = "\n".join(shown([*lines[:middle], *other, *lines[middle:]])).split("\n")
    assert "sqlite3.OperationalError: disk I/O error" in said
    assert len(said) < 150 if storm is STORMS["blocks of a file"] else len(said) < 25
    assert storm is STORMS["nothing"] or any(line.startswith("... said 2,") for line in said)


@given(st.lists(st.text(st.characters(categories=["Lu", "Ll"]), min_size=1), unique=True, max_size=200))
def test_distinct_lines_are_all_kept_in_their_order(words):
    assert shown(words) == words


@pytest.mark.parametrize(
    "lines",
    [
        [f"strava activities read back to {year}-{month:02}-01" for year in (2020, 2021) for month in range(1, 13)],
        [f"listening on port {port}" for port in range(5000, 5090)],
        ["Strava: 401", "Strava: 403", "Fitbit: 401"],
        ["the next at about 10:15", "the next at about 10:25"],
    ],
)
def test_lines_that_say_something_else_by_a_number_are_kept(lines):
    assert shown(lines) == lines


def test_a_storm_that_goes_on_is_counted_more_and_more_rarely_and_one_that_came_to_rest_is_said_again():
    now = 0.0
    known, said = Repeats(lambda: now), []
    for second in range(8 * 3600):
        now = float(second)
        said += [text for _, text in known.take("the disk is full")]
    assert said[:3] == [
        "the disk is full",
        "... said 59 times more: the disk is full",
        "... said 120 times more: the disk is full",
    ]
    assert len(said) < 20
    now += 3 * 3600
    assert known.over()
    now += 3 * 3600
    assert known.over() == []
    assert [text for _, text in known.take("the disk is full")] == ["the disk is full"]


def test_what_is_remembered_has_an_end(monkeypatch):
    monkeypatch.setattr(repeats, "MOST_KNOWN", 50)
    known = Repeats(lambda: 0.0)
    lines = [f"{'x' * n}" for n in range(1, 200)]
    assert shown(lines, ended=False, known=known) == lines
    assert len(known.texts) == 50


PRINTS = """
import sys, time
for n in range(2900):
    print("database is locked", flush=n % 100 == 0)
print("another error", file=sys.stderr)
print("no line's end", end="")
"""


def test_a_program_s_flood_is_passed_on_as_it_comes():
    with subprocess.Popen([sys.executable, "-c", PRINTS], stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as program:
        said: list[str] = []
        repeats.pass_on(program.stdout, said.append)
    assert said[0] == "database is locked"
    assert set(said[1:3]) == {"another error", "no line's end"}
    assert said[3:] == ["... said 2,899 times more: database is locked"]


def test_a_server_that_is_started_with_it_before_its_output_says_it_once():
    """As compose's Prefect, which stays the process that was started."""
    code = (
        f"from app.sync import serve_prefect; serve_prefect.quieten(); import os; print(os.getpid()); exec({PRINTS!r})"
    )
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        said = process.communicate(timeout=60)[1].split("\n")
    assert said[0] == str(process.pid)
    assert "another error" in said
    assert said.count("database is locked") == 1
    assert "... said 2,899 times more: database is locked" in said


LOGS = """
import logging, sys, logs
logging.basicConfig(format="%(name)s %(levelname)s %(message)s", stream=sys.stdout, level="INFO")
logs.guard(); logs.say_repeats_once(); logs.say_repeats_once()
log = logging.getLogger("updater")
for n in range(1000):
    log.error("database is locked")
    log.info("asked")
    try:
        raise ValueError("one" if n != 500 else "another")
    except ValueError:
        logging.getLogger("other").warning("it failed with %s", "this", exc_info=True)
"""


def test_a_logger_s_flood_is_said_once_whoever_logs_and_another_error_is_not_hidden():
    done = subprocess.run([sys.executable, "-c", LOGS], cwd=ROOT, capture_output=True, text=True, check=True)
    lines = done.stdout.split("\n")
    assert lines.count("updater ERROR database is locked") == 1
    assert "updater ERROR ... said 999 times more: database is locked" in lines
    assert [line for line in lines if line.startswith("ValueError")] == ["ValueError: one", "ValueError: another"]
    assert lines.count("updater INFO asked") == 1000
    assert lines.count("other WARNING it failed with this") == 2
    assert not done.stderr


def test_no_window_is_shorter_than_a_minute():
    assert FIRST_SECONDS >= 60
    assert logging.Logger.callHandlers.__name__ == "callHandlers", "the tests' own logs are whole"
