"""What the tests stand on: which of them are quick, what they leave behind, and how workers share a machine."""

import fcntl
import os
import socket
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests import needs, programs
from tests.serving import free_port, serving
from tests.workers import RUN, others_have_ended

FORK = "import subprocess, sys; subprocess.Popen(sys.argv[1:], start_new_session=True)"


class Home:
    """As some tests keep what they start."""

    def __init__(self, uri: str) -> None:
        self.uri = uri

    def switch_on(self, folder: Path) -> object:
        return (lambda: serving(self.uri, folder / "log"))()


def at_home(uri: str) -> Home:
    return Home(uri)


def in_place() -> object:
    from tests.test_run import start

    return start


@pytest.mark.parametrize(
    ("start", "program"),
    [
        (serving, "gunicorn"),
        (Home, "gunicorn"),
        (at_home, "gunicorn"),
        (in_place, "run.py"),
        (["tasks.py"], "tasks.py"),
    ],
)
def test_what_a_test_starts_is_seen_through_helpers_classes_and_parameters(start: object, program: str) -> None:
    assert program in needs.texts([start])


def test_what_starts_nothing_is_quick(request: pytest.FixtureRequest) -> None:
    assert needs.needed(request.node) == set()
    assert request.node.get_closest_marker("quick")


@pytest.mark.parametrize(
    ("now", "near", "wait"),
    [
        ("2026-10-24T23:58:20", 90, 0),
        ("2026-10-24T23:59:00", 90, 70),
        ("2026-02-28T23:57:10", 300, 180),
        ("2026-12-31T23:59:59.5", 90, 10.5),
        ("2026-11-25T00:00:00", 300, 0),
    ],
)
def test_no_test_begins_just_before_midnight(now: str, near: float, wait: float) -> None:
    assert needs.to_midnight(datetime.fromisoformat(now).replace(tzinfo=UTC), near) == wait


def test_whatever_carries_the_mark_ends_whoever_its_parent_is(tmp_path: Path) -> None:
    name, value, sleeper = "SEVENDAY_TEST_MARK", str(tmp_path), ["sleep", "600"]
    for _ in range(2):
        subprocess.run([sys.executable, "-c", FORK, *sleeper], env={**os.environ, name: value}, check=True)
    assert len(programs.marked(name, value)) == 2
    assert programs.end(name, value) == [sleeper, sleeper]
    assert programs.marked(name, value) == []


def test_a_port_that_was_given_is_given_to_nobody_else_and_can_be_listened_on() -> None:
    ports = [free_port() for _ in range(50)]
    others = [socket.create_server(("127.0.0.1", 0)) for _ in range(50)]
    assert len({*ports, *(other.getsockname()[1] for other in others)}) == 100
    for other in others:
        other.close()
    with socket.create_server(("127.0.0.1", ports[0])), pytest.raises(OSError, match="in use"):
        socket.create_server(("127.0.0.1", ports[0]))


def test_the_search_of_all_logs_waits_for_every_other_worker(tmp_path: Path) -> None:
    assert list(RUN.glob("*/lock"))
    (tmp_path / "gw7").mkdir()
    with (tmp_path / "gw7" / "lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(TimeoutError, match="gw7"):
            others_have_ended(tmp_path, seconds=0.1)
    others_have_ended(tmp_path, seconds=0.1)
