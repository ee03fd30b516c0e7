"""No wait for the database is without an end: one that hangs, as on a stalled disk, counts as one that is away."""

import select
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import psycopg2
from psycopg2.extensions import POLL_OK, POLL_READ, set_wait_callback

_until: ContextVar[float | None] = ContextVar("until", default=None)


def limit(seconds: float) -> None:
    """From now on psycopg2 waits for no answer longer than that, and lets green threads go on meanwhile.

    What has waited in vain raises psycopg2.OperationalError and has its connection closed. COPY is not to be had then.
    """
    set_wait_callback(lambda connection: wait(connection, seconds))


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """In this block all answers together may take that long."""
    before = _until.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _until.reset(before)


def wait(connection: Any, seconds: float) -> None:
    until = _until.get() or time.monotonic() + seconds
    while (state := connection.poll()) != POLL_OK:
        ways = ([connection], []) if state == POLL_READ else ([], [connection])
        if not any(select.select(*ways, [], max(0.0, until - time.monotonic()))):
            raise psycopg2.OperationalError("it did not answer in time")
