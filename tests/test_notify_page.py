"""The part of the settings that says where and when to tell: what it keeps, refuses, shows and never shows."""

import html
import json
import os
import re
import stat
from datetime import time
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from app.notify import addresses, send
from app.records import preferences
from environment import KEPT
from tests.conftest import make_app, python
from tests.notifying import SECRET, endpoint, mail_server
from tests.test_trends import no_inline

EMPTY = {"addresses": "", "quiet_from": "", "quiet_to": ""}
GOOD = f"ntfy://ntfy.example/{SECRET}"


@pytest.fixture
def creds(tmp_path: Path) -> Path:
    return tmp_path / "creds"


@pytest.fixture
def client(uri: str, creds: Path) -> FlaskClient:
    return make_app(uri, CREDS_DIR=str(creds)).test_client()


def add(client: FlaskClient, *urls: str, **more: str):
    form = EMPTY | {"addresses": "\r\n".join(urls)} | more
    return client.post("/settings/notifications", data=form, follow_redirects=True)


def text(answer) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", answer.text))


def test_an_address_is_kept_as_secrets_are_and_shown_by_kind_and_host_alone(client, creds):
    page = add(client, GOOD, f"tgram://123456789:{'k' * 35}/42")
    assert "ntfy on ntfy.example" in text(page)
    assert "Telegram" in text(page)
    for secret in (SECRET, "k" * 35, "123456789"):
        assert secret not in page.text
        assert secret not in client.get("/settings/").text
    kept = creds / "notify.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert len(json.loads(kept.read_text())["urls"]) == 2
    assert all(KEPT.fullmatch(name) for name in os.listdir(creds))


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (["bogus://x"], "The second address is"),
        (["no address at all"], "addresses are"),
        (["json://"], "The second address is"),
        (["tgram://token"], "The second address is"),
        (["mailto://"], "The second address is"),
        (["://"], "The second address is"),
        (["<script>alert(1)</script>"], "The second address is"),
        (["\u202ex://y"], "The second address is"),
        (["bogus://a", "also://b"], "The second and third addresses are"),
    ],
)
def test_a_bad_address_gets_one_sentence_beside_the_field_and_the_good_ones_stay(client, bad, said):
    page = add(client, GOOD, *bad)
    assert page.status_code == 422
    below = html.unescape(re.search(r'id="addresses-below">(.*?)</div>', page.text)[1])
    assert said in below
    assert "The others are kept." in below
    assert not any(one in page.text for one in bad if len(one) > len("mailto://"))
    assert addresses.typed(client.application.config) == [GOOD]


def test_the_only_address_is_bad(client):
    assert "This is not complete, or of no kind that Apprise knows" in text(add(client, "bogus://x"))
    assert addresses.typed(client.application.config) == []


def test_an_address_leaves_at_once_and_the_environments_stay(client):
    client.application.config["NOTIFY_URLS"] = (GOOD,)
    add(client, "json://box.example/x", "xml://box.example/y")
    client.post("/settings/notifications/0/remove")
    assert addresses.typed(client.application.config) == ["xml://box.example/y"]
    client.post("/settings/notifications/9/remove")
    page = client.get("/settings/").text
    assert page.count("/remove") == 1
    assert "by NOTIFY_URLS" in page


@pytest.mark.parametrize("damaged", [b"{", b"\xff", b"[]", b'{"urls": 7}', b'{"urls": [1, null]}'])
def test_a_damaged_file_is_said_and_ends_no_page(client, creds, damaged):
    creds.mkdir()
    (creds / "notify.json").write_bytes(damaged)
    page = client.get("/settings/")
    assert page.status_code == 200
    assert ("cannot be read" in page.text) is (damaged in (b"{", b"\xff"))
    assert add(client, GOOD).status_code == 200
    assert addresses.typed(client.application.config) == [GOOD]


@pytest.mark.parametrize(
    ("begin", "end", "kept"),
    [
        ("22:00", "07:00", (time(22), time(7))),
        ("7:05", "9:00", (time(7, 5), time(9))),
        ("", "", (None, None)),
        ("22:00", "", "wrong"),
        ("25:00", "07:00", "wrong"),
        ("ten", "seven", "wrong"),
        ("12:60", "07:00", "wrong"),
    ],
)
def test_quiet_hours_are_two_times_or_none(client, begin, end, kept):
    page = add(client, quiet_from=begin, quiet_to=end, week_review="y")
    with client.application.app_context():
        stored = preferences.stored()
    if kept == "wrong":
        assert page.status_code == 422
        assert "Enter both times, such as 22:00 and 07:00, or neither." in page.text
        assert (stored.quiet_from, stored.week_review) == (None, False)
    else:
        assert (stored.quiet_from, stored.quiet_to, stored.week_review) == (*kept, True)


def test_saving_the_week_keeps_the_quiet_hours(client):
    add(client, quiet_from="22:00", quiet_to="07:00", week_review="y")
    client.post("/settings/", data={"show_weight": "y", "units": "imperial"})
    page = client.get("/settings/").text
    assert 'value="22:00"' in page
    assert re.search(r'name="week_review"[^>]* checked', page)


def test_a_test_is_sent_from_the_page_and_its_outcome_said_in_one_sentence(client):
    send_test = lambda: text(client.post("/settings/notifications/test", follow_redirects=True))  # noqa: E731
    assert "There is no address to send a test to: add one first." in send_test()
    with endpoint() as inbox, mail_server() as (mail, mails):
        add(client, inbox.url, mail)
        assert "The test went to JSON on 127.0.0.1 and E-Mail on 127.0.0.1." in send_test()
        assert inbox.titles == [mails[0]["Subject"]] == ["Sevenday: a test"]
        inbox.answer = 403
        said = send_test()
        assert "The test went to E-Mail on 127.0.0.1, but JSON on 127.0.0.1 refuses the message (error 403)." in said
    said = send_test()
    assert "The test went nowhere: JSON on 127.0.0.1 does not answer and E-Mail on 127.0.0.1 does not answer." in said
    assert text(client.get("/settings/")).count("does not answer") == 2, "beside each address, until it takes one"


def test_an_address_that_hangs_is_given_up(client, monkeypatch):
    monkeypatch.setattr(send, "SECONDS", 1.0)
    with endpoint() as inbox, endpoint() as other:
        inbox.go.clear()
        add(client, inbox.url, other.url)
        results = send.send([inbox.url, other.url], "title", "body")
        inbox.go.set()
    assert [result.ok for result in results] == [False, True]
    assert results[0] == ("JSON on 127.0.0.1", "does not answer")


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("ntfy://a-secret-topic", "ntfy"),
        ("ntfy://a.secret.topic", "ntfy"),
        ("ntfys://user:word@ntfy.example/topic", "ntfy on ntfy.example"),
        ("mailto://me:word@gmail.com", "E-Mail on smtp.gmail.com"),
        (f"hassio://homeassistant/{'t' * 40}", "HomeAssistant on homeassistant"),
        (f"tgram://123456789:{'k' * 35}/42", "Telegram"),
        ("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#x", "Slack"),
        ("discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js", "Discord"),
        ("pover://uuuuuuuuuuuuuuuuuuuuuuuuuuuuuu@aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "Pushover"),
        ("gotify://box.example/AaBbCcDdEeFfGgH", "Gotify on box.example"),
    ],
)
def test_a_host_is_named_only_where_it_is_one(url, place):
    assert send.places((url,))[0].place == place


@pytest.mark.parametrize("wrong", ["nonsense", "ntfy:/x", "json://a b", "json://a \u202ex://b", "://x"])
def test_a_setting_that_is_no_address_stops_the_start_and_is_not_repeated(wrong):
    done = python("-c", "import config", NOTIFY_URLS=wrong)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "NOTIFY_URLS is '(hidden)'; it takes Apprise addresses" in done.stderr


def test_the_setting_takes_several(tmp_path):
    done = python(
        "-c", "from config import Config; print(len(Config.NOTIFY_URLS))", NOTIFY_URLS=f" {GOOD}  json://b/c "
    )
    assert done.stdout.strip() == "2"


def test_the_page_has_no_inline_script_or_style_and_needs_a_token(client, uri, creds):
    add(client, GOOD)
    assert no_inline(client.get("/settings/").text) == []
    strict = make_app(uri, CREDS_DIR=str(creds), WTF_CSRF_ENABLED=True).test_client()
    for path in ("notifications", "notifications/test", "notifications/0/remove"):
        assert strict.post(f"/settings/{path}", data=EMPTY).status_code == 400
