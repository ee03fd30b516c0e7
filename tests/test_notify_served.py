"""A test sent from the page of a real web server, whose green threads go on meanwhile."""

import re
from pathlib import Path

import pytest
import requests

from tests.notifying import SECRET, endpoint
from tests.serving import serving
from tests.test_secrets import TOKEN


@pytest.mark.parametrize("mode", ["eventlet", "gevent"])
def test_a_test_from_the_page_keeps_nobody_waiting_and_logs_no_address(uri: str, tmp_path: Path, mode: str) -> None:
    own = {"CREDS_DIR": str(tmp_path / "creds"), "SOCKETIO_ASYNC_MODE": mode, "GUNICORN_CMD_ARGS": "--log-level debug"}
    with endpoint() as inbox, serving(uri, tmp_path / "web.log", "tests.chatty:app", **own) as board:
        browser = requests.Session()
        home = board.url.replace("127.0.0.1", "localhost")

        def send(path: str, **form: str) -> str:
            form["csrf_token"] = TOKEN.search(browser.get(f"{home}/settings/").text)[1]
            return browser.post(f"{home}/settings/{path}", data=form).text

        assert "JSON on 127.0.0.1" in send("notifications", addresses=f"{inbox.url} json://127.0.0.1:9/{SECRET}")
        said = send("notifications/test")
        assert re.search("The test went to JSON on 127.0.0.1, but JSON on 127.0.0.1 does not answer", said)
        assert inbox.titles == ["Sevenday: a test"]
        assert SECRET not in board.log + said
        assert "DEPRECATED" not in board.log
        assert "is deprecated" not in board.log
