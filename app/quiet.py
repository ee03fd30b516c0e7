"""Keeps to one line what libraries would log at length, and a query out of it."""

import io
import logging


class Nowhere(io.TextIOBase):
    """Eventlet writes half a line to `wsgi.errors` for every viewer that has left; this is where it goes."""

    def write(self, text: str) -> int:
        return len(text)


class OneLine(logging.Filter):
    """What Engine.IO logs with a traceback is always a message that it could not read: our own handlers' errors do not
    get that far (events.failed)."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info:
            record.msg, record.args = (
                "The live feed ignored a message that it could not read: %s",
                (record.exc_info[1],),
            )
            record.exc_info = None
        return True


class NoQuery(logging.Filter):
    """gunicorn logs the address of a request that failed; a query can hold a provider's code."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(
                word.partition("?")[0] if isinstance(word, str) and word.startswith("/") else word
                for word in record.args
            )
        return True


ONE_LINE = OneLine()
NO_QUERY = NoQuery()
