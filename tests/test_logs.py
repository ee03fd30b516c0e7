"""What a stranger sends begins no line in a log, turns no text around and reaches no terminal, whoever logs it."""

import json
import logging
import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import logs
from tests.serving import serving

EVIL = "x\nFAKE line\r\x1b[31mred\x07\x7f\x85\u2028\u2029\u202egnp.exe\u2066\u200f\ufeff\udcff"
SHOWN = r"x\nFAKE line\r\x1b[31mred\x07\x7f\x85\u2028\u2029\u202egnp.exe\u2066\u200f\ufeff\udcff"  # as Python writes it


@pytest.fixture
def record_factory():
    before = logging.getLogRecordFactory()
    logs.guard()
    yield
    logging.setLogRecordFactory(before)


def written(formatter: logging.Formatter, *said: object, error: Exception | None = None) -> str:
    """What a logger of anybody's would write."""
    exc_info = (type(error), error, error.__traceback__) if error else None
    record = logging.getLogger("anybody").makeRecord("anybody", logging.WARNING, "x.py", 1, said[0], said[1:], exc_info)
    return formatter.format(record)


FORMATTERS = [logging.Formatter("%(name)s %(message)s"), logs.Json()]


@pytest.mark.parametrize("formatter", FORMATTERS, ids=["text", "json"])
@pytest.mark.parametrize("said", [(EVIL,), ("from %s", EVIL), ("%(a)s", {"a": EVIL}), (Exception(EVIL),)])
def test_a_message_is_one_line_of_visible_signs(record_factory, formatter, said):
    line = written(formatter, *said)
    assert line.isprintable()
    assert SHOWN in (json.loads(line)["message"] if line.startswith("{") else line)


def raised(text: str) -> Exception:
    try:
        try:
            raise ValueError(text)
        except ValueError as cause:
            raise RuntimeError(text) from cause
    except RuntimeError as error:
        return error


def test_a_traceback_keeps_its_lines_and_its_error_is_one(record_factory):
    lines = written(FORMATTERS[0], "It failed", error=raised(EVIL)).split("\n")
    assert all(line.isprintable() for line in lines)
    assert f"ValueError: {SHOWN}" in lines
    assert lines[-1] == f"RuntimeError: {SHOWN}"
    assert any("raise ValueError(text)" in line for line in lines)
    exception = json.loads(written(FORMATTERS[1], "It failed", error=raised(EVIL)))["exception"]
    assert exception.split("\n") == lines[1:]


@given(st.text())
def test_any_text_becomes_one_printable_line_and_plain_text_stays(text):
    line = logs.cleaned(text)
    assert line.replace("\t", "").isprintable()
    assert len(line.splitlines()) <= 1
    assert logs.cleaned(line) == line
    if text.isprintable():
        assert line == text


def test_a_line_without_a_logger_is_one_too():
    assert logs.line("text", "web", EVIL).endswith(f"web: {SHOWN}")
    assert json.loads(logs.line("json", "web", EVIL))["message"] == SHOWN


def ask(url: str, path: bytes, *headers: bytes) -> None:
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as wire:
        wire.sendall(b"\r\n".join([b"POST " + path + b" HTTP/1.1", b"Host: localhost", *headers, b"", b""]))
        wire.recv(4096)


@pytest.mark.parametrize(("log_format", "access"), [("text", "--access-logfile -"), ("json", "")])
def test_the_servers_own_logs_stay_readable_whatever_is_asked_for(
    uri: str, tmp_path: Path, log_format: str, access: str
) -> None:
    bare = {"LOG_FORMAT": log_format, "TRUSTED_PROXIES": "1", "DASHBOARD_PASSWORD": "correct horse battery"}
    log = tmp_path / "web.log"
    with serving(uri, log, GUNICORN_CMD_ARGS=f"--log-level debug {access}", **bare) as board:
        agent = "User-Agent: \x1b[31mred \u202e\u2028 agent".encode()
        ask(board.url, b"/login%0aFAKE%1b%5b2J%e2%80%a8?x", agent, b"X-Forwarded-For: \x1b[31m9")
        ask(board.url, b"/\xe2\x80\xae\x1b[2J", b"Cookie: \x07")
        ask(board.url, b"/login", b"Content-Length: \x1b[1m", b"Bad\x1b[1mName: x")
        ask(board.url, b"/socket.io/?EIO=4&transport=polling&sid=%0aFAKE%1b", b"Content-Length: 0")
        ask(board.url, b"/\x1b]0;title\x07 HTTP/9.9\x1b[1m", b"x")
    said = log.read_bytes().decode()
    assert "FAKE" in said or not access
    for line in said.split("\n"):
        assert line.replace("\t", "").isprintable(), line
        assert not line.startswith("FAKE")
        assert log_format == "text" or not line or json.loads(line)


def test_the_standard_record_would_have_let_it_through():
    record = logging.LogRecord("x", logging.INFO, "x", 1, EVIL, (), None)
    assert not logging.Formatter().format(record).isprintable()
