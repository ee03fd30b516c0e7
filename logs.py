"""What the programs write to their logs: readable text, or with LOG_FORMAT=json one JSON object a line."""

import atexit
import logging
import time
import traceback
import warnings
from datetime import UTC, datetime
from threading import Thread
from typing import Any

from pythonjsonlogger.json import JsonFormatter

from repeats import Repeats

COUNT = "... said "
"""How a count begins (repeats.py)."""
LOOK_SECONDS = 5.0
OWN_LINES = (" ", "\n", "Traceback (most recent call last):")


def cleaned(text: str, keep: str = "\t") -> str:
    """`text` on one line: what a terminal or a reader would obey (control, direction, line breaks) is written out."""
    if text.isprintable():
        return text
    signs = (sign if sign.isprintable() or sign in keep else sign.encode("unicode_escape").decode() for sign in text)
    return "".join(signs)


def trace(exc_info: Any) -> str:
    """The traceback. Its own lines stay lines; an error's message, which may repeat a stranger's words, is one."""
    pieces = [piece.rstrip("\n") for piece in traceback.format_exception(*exc_info)]
    return "\n".join(cleaned(piece, "\n\t" if piece.startswith(OWN_LINES) else "\t") for piece in pieces)


class Record(logging.LogRecord):
    """What is logged, whoever logs it: a stranger's words begin no line of their own."""

    def getMessage(self) -> str:
        return cleaned(super().getMessage())

    @property
    def exc_text(self) -> str | None:
        """Which every formatter takes rather than make its own."""
        return trace(self.exc_info) if self.exc_info and self.exc_info[1] else None

    @exc_text.setter
    def exc_text(self, _made: str | None) -> None:
        pass


def guard() -> None:
    """From now on every logger of this process, our own and others', writes such records."""
    # At DEBUG it writes down every frame, and the first one that Prefect's client sends is its string.
    logging.getLogger("websockets").setLevel(logging.INFO)
    logging.setLogRecordFactory(Record)


EACH = {"each": True}


def say_repeats_once() -> None:
    """From now on a warning or an error that repeats, whoever logs it, is said once and then with a count.

    EACH is for one that is counted by whoever reads the log, as fail2ban does, and that something else bounds.
    """
    if getattr(logging.Logger.callHandlers, "__name__", "") == "once":
        return
    repeats, say = Repeats(), logging.Logger.callHandlers

    def once(logger: logging.Logger, record: logging.LogRecord) -> None:
        if record.levelno < logging.WARNING or getattr(record, "each", False):
            say(logger, record)
            return
        tell(repeats.take(f"{record.name} {record.levelname} {record.getMessage()}\n{error_of(record)}", record))

    def tell(said: list[tuple[Any, str]]) -> None:
        for record, text in said:
            say(logging.getLogger(record.name), record if not text.startswith(COUNT) else count(record, text))

    def look() -> None:
        while True:
            time.sleep(LOOK_SECONDS)
            tell(repeats.over())

    logging.Logger.callHandlers = once  # type: ignore[method-assign,assignment]
    # A count comes when its run may be over, of which Prefect's own handler would warn in a line of its own.
    warnings.filterwarnings("ignore", message="Logger '.*' attempted to send logs to the API without a flow run id")
    atexit.register(lambda: tell(repeats.over(all_of_it=True)))
    Thread(target=look, daemon=True).start()


def error_of(record: logging.LogRecord) -> str:
    """As the formatters write it, so that the same line with another error is another one."""
    return trace(record.exc_info) if record.exc_info and record.exc_info[1] else ""


def count(record: logging.LogRecord, text: str) -> logging.LogRecord:
    words = text.replace(f"{record.name} {record.levelname} ", "", 1)
    return logging.getLogRecordFactory()(record.name, record.levelno, record.pathname, record.lineno, words, (), None)


KEYS = {"levelname": "level", "name": "logger", "message": "message", "exc_info": "exception"}


class Json(JsonFormatter):
    """`time` (UTC, ISO 8601), `level`, `logger`, `message`, and where there is one, `exception` with its traceback."""

    def __init__(self, *_: Any, **__: Any) -> None:  # Prefect hands over a format of its own
        super().__init__(list(KEYS), rename_fields=KEYS, json_ensure_ascii=False)

    def formatException(self, ei: Any) -> str:
        return trace(ei)

    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        said = {key: log_data[key] for key in KEYS.values() if log_data.get(key) is not None}
        return {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), **said}


GUNICORN: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": Json}},
    "handlers": {"lines": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"level": "WARNING", "handlers": ["lines"]},
    "loggers": {
        "gunicorn.error": {"level": "INFO", "handlers": ["lines"], "propagate": False},
        # With a level of their own these two do not write by a plain handler of their own.
        "engineio.server": {"level": "ERROR"},
        "socketio.server": {"level": "ERROR"},
    },
}
"""For gunicorn's `logconfig_dict`; the program's own loggers end at the root."""

PREFECT = {
    "PREFECT_LOGGING_FORMATTERS_JSON_CLASS": "logs.Json",
    "PREFECT_LOGGING_HANDLERS_CONSOLE_FORMATTER": "json",
    "PREFECT_LOGGING_HANDLERS_DEBUG_FORMATTER": "json",
    "PREFECT_LOGGING_COLORS": "false",
}
"""For the environment of whatever loads Prefect."""


def line(log_format: str, logger: str, text: str) -> str:
    """A line that a program writes without a logger, as `log_format` (LOG_FORMAT) wants it."""
    if log_format == "text":
        return f"{datetime.now():%H:%M:%S} {logger}: {cleaned(text)}"  # noqa: DTZ005 - for who reads along
    return Json().format(logging.makeLogRecord({"name": logger, "levelname": "INFO", "msg": cleaned(text)}))


def first_line(error: Exception) -> str:
    """Of a database's error: without the query and its parameters, which follow on later lines."""
    return str(error).strip().partition("\n")[0]
