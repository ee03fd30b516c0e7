"""What the doors are made of: allowances, WebSocket frames, limits, and who makes room for whom."""

import errno
import logging
import resource
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import connections
import workers
from app.web.allowance import Allowance
from app.web.frames import FRAME_BYTES, Frames
from connections import Connection, Door, limits, network
from tests.attacks import frame

MOST = 1000


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def frames(most: int = MOST, allowance: float = 1e9) -> Frames:
    return Frames(most, Allowance(0, allowance))


def test_an_allowance_gives_a_burst_and_then_so_much_a_second(clock: list[float]) -> None:
    allowance = Allowance(10, 3)
    assert [allowance.take() for _ in range(4)] == [True, True, True, False]
    clock[0] += 0.1
    assert [allowance.take() for _ in range(2)] == [True, False]
    clock[0] += 3600
    assert [allowance.take() for _ in range(4)] == [True, True, True, False]


@given(
    st.lists(st.tuples(st.sampled_from([0x81, 0x82, 0x89, 0x8A]), st.binary(max_size=300)), max_size=20),
    st.lists(st.integers(1, 40), min_size=1),
)
def test_whole_messages_may_come_for_ever_however_they_are_cut(sent: list[tuple[int, bytes]], cuts: list[int]) -> None:
    stream, watched = b"".join(frame(payload[: 125 if first & 8 else None], first) for first, payload in sent), frames()
    while stream:
        cut = cuts[len(stream) % len(cuts)]
        assert watched.take(stream[:cut])
        stream = stream[cut:]


@given(st.lists(st.integers(0, 400), min_size=1, max_size=30), st.booleans())
def test_a_message_in_fragments_may_be_as_long_as_one_in_one_piece(sizes: list[int], pinged: bool) -> None:
    watched, sent = frames(), 0
    for n, size in enumerate(sizes):
        fragment = frame(bytes(size), 0 if n else 1)
        sent += len(fragment)
        assert watched.take(fragment) == (sent <= MOST)
        if pinged and sent <= MOST:
            assert watched.take(frame(b"still there", 0x89))


@pytest.mark.parametrize("size", [0, 1, 125, 126, 900, 40_000])
def test_fragments_without_an_end_are_cut_off_however_small(size: int) -> None:
    watched, taken = frames(), 0
    while watched.take(frame(bytes(size), 0x01 if not taken else 0)):
        taken += 1
    assert taken <= MOST / 6
    assert not watched.take(frame(b"", 0x81)), "and nothing is heard of him any more"


def test_a_length_of_eight_bytes_counts_before_its_bytes_have_come() -> None:
    head = b"\x82\xff" + (2**40).to_bytes(8) + bytes(4)
    watched = frames()
    assert [watched.take(head[n : n + 1]) for n in range(len(head))] == [True] * 13 + [False]


def test_small_messages_are_limited_in_number() -> None:
    watched = frames(allowance=1000)
    assert sum(watched.take(frame(b"", 0x8A)) for _ in range(100)) == 1000 // (FRAME_BYTES + 6)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8::1", "2001:db8::2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("203.0.113.9", "203.0.113.10", False),
        ("203.0.113.9", "::ffff:203.0.113.9", True),
        ("203.0.113.9:4711", "203.0.113.9:4712", True),
        ("banana", "", True),
        ("banana\r\n", None, True),
    ],
)
def test_connections_of_a_network_count_together(one: str, other: str | None, same: bool) -> None:
    assert (network(one) == network(other)) is same


def test_the_limits_stay_below_the_files_that_may_be_open(monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for files in (256, 1024, 4096, 20_000, 10**6):
        monkeypatch.setattr(resource, "getrlimit", lambda _what, files=files: (files, files))
        known = limits()
        assert known.feeds + known.others < known.all
        assert known.all + known.others + 24 < files, "each of the others may be sent a file"
        assert known.feeds_each < known.feeds
        found.append(known)
    assert all(fewer <= more for one, other in pairwise(found) for fewer, more in zip(one, other, strict=True))


def test_the_soft_limit_becomes_the_hard_one(monkeypatch: pytest.MonkeyPatch) -> None:
    became = []
    monkeypatch.setattr(resource, "setrlimit", lambda _what, pair: became.append(pair))
    unlimited = resource.RLIM_INFINITY
    for before in ((1024, 20_000), (1024, unlimited), (20_000, 20_000), (unlimited, unlimited)):
        monkeypatch.setattr(resource, "getrlimit", lambda _what, before=before: before)
        connections.raise_file_limit()
    assert became == [(20_000, 20_000), (65_536, unlimited)]


CLIENTS: list[socket.socket] = []


@pytest.fixture(autouse=True)
def hung_up() -> Iterator[None]:
    yield
    while CLIENTS:
        CLIENTS.pop().close()


def connected(door: Door, visitor: str) -> Connection:
    ours, theirs = socket.socketpair()
    CLIENTS.extend((ours, theirs))
    return Connection(ours, visitor, door)


def waiting(door: Door, clock: list[float], visitor: str) -> Connection:
    connection = connected(door, visitor)
    connection.since = clock[0]
    clock[0] += 1
    return connection


def test_the_longest_waiting_of_who_has_most_makes_room(clock: list[float]) -> None:
    door = Door(4)
    person, *crowd = (waiting(door, clock, name) for name in ("person", "crowd", "crowd", "crowd"))
    for victim in [*crowd]:
        waiting(door, clock, "crowd")
        assert (victim.ended, person.ended) == (True, False)


def test_who_is_being_answered_or_has_a_feed_is_not_sent_away(clock: list[float]) -> None:
    door = Door(2)
    feeds = [waiting(door, clock, "crowd") for _ in range(2)]
    for one in feeds:
        one.follow(frames())
    busy = [waiting(door, clock, "crowd") for _ in range(2)]
    for one in busy:
        one.since = None
    connected(door, "person")
    assert not any(one.ended for one in (*feeds, *busy))


def test_whose_request_has_come_already_is_not_sent_away(clock: list[float]) -> None:
    door = Door(2)
    spoken = waiting(door, clock, "crowd")
    CLIENTS[-1].send(b"GET / HTTP/1.1")
    silent = waiting(door, clock, "crowd")
    waiting(door, clock, "crowd")
    assert (spoken.ended, silent.ended) == (False, True)


def test_what_came_while_all_had_something_to_say_goes_within_a_second(clock: list[float]) -> None:
    door = Door(3)
    crowd = []
    for _ in range(9):
        crowd.append(waiting(door, clock, "crowd"))
        CLIENTS[-1].send(b"a")
    assert not any(one.ended for one in crowd)
    for one in crowd:
        one.sock.recv(1)
    door.sweep()
    assert [one.ended for one in crowd] == [True] * 6 + [False] * 3


class Base:
    """What gunicorn's worker has, as far as ours asks."""

    alive = True

    def __init__(self, listening: socket.socket) -> None:
        self.sockets, self.log = [listening], logging.getLogger("gunicorn.error")

    def notify(self) -> None:
        pass


def test_a_worker_that_lets_nobody_in_ends() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        worker = workers.worker(Base)(listening)
        for _ in range(9):
            worker.notify()
        with socket.create_connection(listening.getsockname()):
            for _ in range(3):
                worker.notify()
            worker.door.came += 1  # somebody was let in after all
            for _ in range(4):
                worker.notify()
            with pytest.raises(SystemExit):
                worker.notify()


def test_an_acceptor_gives_way_and_outlives_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)
    came = iter([OSError(errno.EMFILE, ""), *range(20)])

    class Listening:
        def accept(self) -> int:
            one = next(came)
            if isinstance(one, Exception):
                raise one
            return one

    listener, heard = workers.Listener(Listening()), list[Any]()
    for _ in range(16):
        try:
            heard.append(listener.accept())
        except BlockingIOError as error:
            heard.append(errno.errorcode[error.errno or 0])
    assert heard == ["EAGAIN", 0, 1, 2, 3, 4, 5, "EAGAIN", 6, 7, 8, 9, 10, 11, 12, "EAGAIN"]


def ended_after(door: Door, clock: list[float], connection: Connection, seconds: float) -> bool:
    clock[0] = connection.heard + seconds
    door.sweep()
    return connection.ended


def test_who_sends_nothing_is_given_up(clock: list[float]) -> None:
    door = Door(9)
    connection = waiting(door, clock, "somebody")
    assert not ended_after(door, clock, connection, connections.HEAD_SECONDS - 0.1)
    assert ended_after(door, clock, connection, connections.HEAD_SECONDS + 0.1)


def test_who_is_slow_gets_time_for_what_he_sends_and_no_more(clock: list[float]) -> None:
    door, connection = Door(9), None
    connection = waiting(door, clock, "somebody")
    connection.moved = connections.SLOWEST * 10
    assert not ended_after(door, clock, connection, connections.HEAD_SECONDS + 9.9)
    assert ended_after(door, clock, connection, connections.HEAD_SECONDS + 10.1)


def test_the_time_that_the_server_takes_is_not_the_clients(clock: list[float]) -> None:
    door = Door(9)
    connection = waiting(door, clock, "somebody")
    connection.since = None
    assert not ended_after(door, clock, connection, 3600)


def test_a_websocket_that_answers_no_ping_is_given_up(clock: list[float]) -> None:
    door = Door(9)
    connection = waiting(door, clock, "somebody")
    connection.follow(frames())
    assert not ended_after(door, clock, connection, connections.SILENT_SECONDS - 0.1)
    assert ended_after(door, clock, connection, connections.SILENT_SECONDS + 0.1)


def test_a_frame_for_a_slow_websocket_is_sent_whole(clock: list[float]) -> None:
    connection = connected(Door(9), "somebody")
    connection.follow(frames())
    theirs, sent = CLIENTS[-1], b"x" * 1_000_000

    def read() -> int:
        return sum(len(part) for part in iter(lambda: theirs.recv(4096), b""))

    with ThreadPoolExecutor(1) as reader:
        heard = reader.submit(read)
        assert connection.send(sent) == len(sent)
        connection.end()
        assert heard.result() == len(sent)


class Request:
    def __init__(self, **headers: str) -> None:
        self.headers = [(name.replace("_", "-"), value) for name, value in headers.items()]


@pytest.mark.parametrize(
    ("headers", "long"),
    [
        ({}, False),
        ({"CONTENT_LENGTH": "65536"}, False),
        ({"CONTENT_LENGTH": "65537"}, True),
        ({"CONTENT_LENGTH": "banana"}, True),
        ({"TRANSFER_ENCODING": "chunked"}, True),
    ],
)
def test_after_a_long_body_the_connection_ends(headers: Any, long: bool) -> None:
    assert workers.long(Request(**headers)) is long


@pytest.mark.parametrize(("megabytes", "feeds"), [(64, 100), (256, 1820), (512, 5461), (1024, 10_000), (10**6, 10_000)])
def test_live_pages_stay_within_memory(monkeypatch: pytest.MonkeyPatch, megabytes: int, feeds: int) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _what: (20_000, 20_000))
    monkeypatch.setattr(connections, "memory", lambda: megabytes * 2**20)
    assert limits().feeds == feeds


def test_a_container_has_the_memory_that_its_limit_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for said, found in (("268435456\n", 2**28), ("max\n", connections.memory())):
        (tmp_path / "max").write_text(said)
        monkeypatch.setattr(connections, "CONTAINER_LIMITS", (str(tmp_path / "max"), str(tmp_path / "none")))
        assert connections.memory() == found
