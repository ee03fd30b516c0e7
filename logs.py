"""What the programs write to their logs: readable text, or with LOG_FORMAT=json one JSON object a line."""

import logging
from datetime import UTC, datetime
from typing import Any

from pythonjsonlogger.json import JsonFormatter

KEYS = {"levelname": "level", "name": "logger", "message": "message", "exc_info": "exception"}


class Json(JsonFormatter):
    """`time` (UTC, ISO 8601), `level`, `logger`, `message`, and where there is one, `exception` with its traceback."""

    def __init__(self, *_: Any, **__: Any) -> None:  # Prefect hands over a format of its own
        super().__init__(list(KEYS), rename_fields=KEYS, json_ensure_ascii=False)

    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        said = {key: log_data[key] for key in KEYS.values() if log_data.get(key) is not None}
        return {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), **said}


GUNICORN: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": Json}},
    "handlers": {"lines": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"level": "WARNING", "handlers": ["lines"]},
    "loggers": {"gunicorn.error": {"level": "INFO", "handlers": ["lines"], "propagate": False}},
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
        return f"{datetime.now():%H:%M:%S} {logger}: {text}"  # noqa: DTZ005 - for who reads along
    return Json().format(logging.makeLogRecord({"name": logger, "levelname": "INFO", "msg": text}))


def first_line(error: Exception) -> str:
    """Of a database's error: without the query and its parameters, which follow on later lines."""
    return str(error).strip().partition("\n")[0]
