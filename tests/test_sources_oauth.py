"""Signing in and staying signed in: renewed once for all processes, and no secret is shown to anybody."""

import errno
import json
import logging
import os
import pickle
import subprocess
import sys
import threading
import traceback
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from app.sources import fitbit, oauth, strava
from app.sources.errors import GiveUp, Reconnect, Retry
from app.sources.http import Http
from app.sources.oauth import Access, Token, TokenFile
from tests.wire import NOW, Say, Seen

TOKEN = Token("access-SECRET-a", "refresh-SECRET-a", NOW + 100)
FRESH = {"access_token": "access-SECRET-b", "refresh_token": "refresh-SECRET-b", "expires_at": NOW + 21600}
DEAD = {"message": "Bad Request", "errors": [{"resource": "RefreshToken", "field": "refresh_token", "code": "invalid"}]}
WAIT = (5.0, 0.15)
RFC_7636 = ("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")


@pytest.fixture
def file(tmp_path):
    file = TokenFile(tmp_path / "strava.json")
    file.save(TOKEN)
    return file


def strava_app(base):
    return strava.oauth_app("45678", "client-SECRET", base)


def google_app(base):
    return fitbit.oauth_app("id.apps", "client-SECRET", f"{base}/auth", f"{base}/token", f"{base}/revoke")


def access_to(wire, file, make=strava_app):
    app = make(wire.base)
    return Access(app, file, Http(app.provider, WAIT), now=lambda: NOW)


def no_space(*_):
    raise OSError(errno.ENOSPC, "No space left on device")


def oauth_fault(resource, field):
    return {"message": "Bad Request", "errors": [{"resource": resource, "field": field, "code": "invalid"}]}


# Signing in


def test_the_authorize_address_of_google_asks_for_a_lasting_sign_in():
    url = oauth.authorize_url(google_app("http://x"), "http://localhost:5000/cb", "st", ["s1", "s2"], RFC_7636[0])
    assert {key: value for key, (value,) in parse_qs(urlsplit(url).query).items()} == {
        "client_id": "id.apps",
        "redirect_uri": "http://localhost:5000/cb",
        "response_type": "code",
        "scope": "s1 s2",
        "state": "st",
        "access_type": "offline",
        "prompt": "consent",
        "code_challenge": RFC_7636[1],
        "code_challenge_method": "S256",
    }


def test_the_authorize_address_of_strava_separates_scopes_by_commas_and_has_no_pkce():
    query = parse_qs(urlsplit(oauth.authorize_url(strava_app("http://x"), "http://l", "st", strava.SCOPES, "v")).query)
    assert query["scope"] == ["read,activity:read_all"]
    assert "code_challenge" not in query


def test_a_code_becomes_a_token_with_the_granted_scope(wire):
    wire.says(
        {
            **FRESH,
            "token_type": "Bearer",
            "expires_in": 21600,
            "athlete": {"id": 134815, "firstname": "Sam", "lastname": None},
        }
    )
    token = oauth.exchange_code(strava_app(wire.base), "code1", "http://l/cb", granted="read,activity:read")
    assert wire.seen[0].form == {
        "client_id": "45678",
        "client_secret": "client-SECRET",
        "grant_type": "authorization_code",
        "code": "code1",
        "redirect_uri": "http://l/cb",
    }
    assert token.scopes == {"read", "activity:read"}
    assert token.extra.keys() == {"token_type", "connected_at", "who"}
    assert token.who == "Sam"


def test_google_gets_the_verifier_and_must_give_a_refresh_token(wire):
    wire.says({"access_token": "a", "expires_in": 3599})
    with pytest.raises(Reconnect, match="no lasting sign-in"):
        oauth.exchange_code(google_app(wire.base), "code1", "http://l/cb", verifier="v" * 43)
    assert wire.seen[0].form["code_verifier"] == "v" * 43


def test_a_used_code_means_to_start_again(wire):
    wire.says(Say(oauth_fault("AuthorizationCode", "code"), 400), Say({"error": "invalid_grant"}, 400))
    for app in (strava_app(wire.base), google_app(wire.base)):
        with pytest.raises(Reconnect):
            oauth.exchange_code(app, "code-SECRET", "http://l/cb")


def test_revoking_uses_basic_at_strava_and_only_the_form_at_google(wire):
    wire.says(Say(""), Say({}, 400))
    oauth.revoke(strava_app(wire.base), TOKEN)
    oauth.revoke(google_app(wire.base), TOKEN)
    assert [seen.form for seen in wire.seen] == [{"token": "refresh-SECRET-a"}] * 2
    assert [seen.headers["Authorization"] for seen in wire.seen] == ["Basic NDU2Nzg6Y2xpZW50LVNFQ1JFVA==", None]


# Staying signed in


def as_sent(file: TokenFile) -> dict[str, object]:
    """What the file holds without what tells whose renewal it was."""
    return {key: value for key, value in file.read().to_json().items() if key != "sign_in"}


def test_unknown_keys_of_the_file_survive_a_renewal(wire, tmp_path):
    path = tmp_path / "strava.json"
    path.write_text(
        '{"access_token": "a", "refresh_token": "b", "expires_at": 1, "scope": "read", "note": {"mine": 1}}'
    )
    wire.says(FRESH)
    access_to(wire, TokenFile(path)).bearer()
    kept = json.loads(path.read_text())
    assert kept.pop("sign_in")  # the refresh token is another one, the sign-in is not
    assert kept == {**FRESH, "scope": "read", "note": {"mine": 1}}


def test_a_token_that_lasts_is_used_without_any_call_even_in_a_read_only_folder(wire, file, monkeypatch):
    file.save(Token("a", "b", NOW + 601))
    monkeypatch.setattr(TokenFile, "locked", no_space)
    assert access_to(wire, file).bearer() == "a"
    assert wire.seen == []


def test_a_token_near_its_end_is_renewed_and_saved(wire, file):
    wire.says(FRESH)
    assert access_to(wire, file).bearer() == "access-SECRET-b"
    assert as_sent(file) == FRESH
    assert wire.seen[0].form["refresh_token"] == "refresh-SECRET-a"
    assert wire.seen[0].headers["User-Agent"] == "Sevenday/0.1"


def test_google_keeps_the_old_refresh_token_unless_it_sends_one(wire, file):
    wire.says({"access_token": "b", "expires_in": 3599, "scope": "s1"})
    wire.says({"access_token": "c", "expires_in": 3599, "refresh_token": "new"})
    access = access_to(wire, file, google_app)
    assert access.bearer() == "b"
    assert file.read() == Token("b", "refresh-SECRET-a", NOW + 3599, "s1")
    access.force_refresh("b")
    assert as_sent(file) == Token("c", "new", NOW + 3599, "s1").to_json()


def test_a_forced_renewal_is_left_out_when_another_process_has_done_it(wire, file):
    assert access_to(wire, file).force_refresh("an older token") == "access-SECRET-a"
    assert wire.seen == []


def test_the_refresh_token_is_not_spent_when_the_new_one_could_not_be_saved(wire, file, monkeypatch):
    monkeypatch.setattr(os, "fsync", no_space)
    with pytest.raises(GiveUp, match="No space left"):
        access_to(wire, file).bearer()
    assert wire.seen == []


def test_a_token_that_was_not_saved_is_not_used(wire, file, monkeypatch):
    wire.says(FRESH)
    monkeypatch.setattr(os, "replace", no_space)
    with pytest.raises(GiveUp, match="No space left"):
        access_to(wire, file).bearer()
    assert file.read() == TOKEN


@pytest.mark.parametrize(
    ("make", "say", "error", "sentence"),
    [
        (strava_app, Say(DEAD, 400), Reconnect, "connect Strava again"),
        (strava_app, Say(oauth_fault("Application", "client_id"), 400), GiveUp, "Strava's client id is wrong"),
        (strava_app, Say(oauth_fault("Application", "client_secret"), 400), GiveUp, "Strava's client secret is wrong"),
        (strava_app, Say({"message": "Authorization Error"}, 401), GiveUp, "client id or secret.*Authorization Error"),
        (strava_app, Say("<html>blocked</html>", 403), Retry, "403"),
        (google_app, Say({"error": "invalid_grant", "error_description": "Bad Request"}, 400), Reconnect, "Fitbit"),
        (google_app, Say({"error": "invalid_grant"}, 400), Reconnect, "connect Fitbit again"),
        (google_app, Say({"error": "invalid_client"}, 401), GiveUp, "client id or secret is wrong.*invalid_client"),
        (google_app, Say({"error": "invalid_scope"}, 400), GiveUp, "invalid_scope"),
        (strava_app, Say({"message": "error"}, 500), Retry, "500"),
        (strava_app, Say("<html>502</html>", 597), Retry, "597"),
        (strava_app, Say("", 302, {"Location": "http://hotel/"}), Retry, "302"),
        (strava_app, Say(FRESH, cut=True), Retry, "broke off"),
        (strava_app, Say(FRESH, silent=True), Retry, "in time"),
        (strava_app, Say("<html>welcome</html>"), Retry, "not its usual answer"),
        (strava_app, Say({"message": "Bad Request", "errors": []}), Retry, "no usable token"),
        (strava_app, Say({**FRESH, "access_token": 5}), Retry, "no usable token"),
        (strava_app, Say({"access_token": "x", "refresh_token": "y"}), Retry, "no usable token"),
    ],
)
def test_a_refused_renewal_says_what_to_do_tries_once_and_keeps_the_file(wire, file, make, say, error, sentence):
    before = file.path.read_bytes()
    wire.says(say)
    with pytest.raises(error, match=sentence):
        access_to(wire, file, make).bearer()
    assert len(wire.seen) == 1
    assert file.path.read_bytes() == before


def test_without_a_file_or_a_setting_no_call_is_made(wire, tmp_path, file):
    with pytest.raises(Reconnect, match="Strava is not connected"):
        access_to(wire, TokenFile(tmp_path / "none.json")).bearer()
    with pytest.raises(GiveUp, match="Strava's client secret is not set"):
        access_to(wire, file, lambda base: strava.oauth_app("1", "", base)).bearer()
    assert wire.seen == []


def test_a_wrong_address_and_a_dead_one_are_told_apart(file):
    with pytest.raises(GiveUp, match="not a web address"):
        Http("Strava").send("GET", "strava.example/api")
    with pytest.raises(Retry, match="could not be reached"):
        Http("Strava").send("GET", "http://127.0.0.1:1/")


def test_a_netrc_entry_does_not_replace_the_token(wire, tmp_path, monkeypatch):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login x password y\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    wire.says({})
    Http("Strava").send("GET", wire.base, bearer="token-1")
    assert wire.seen[0].headers["Authorization"] == "Bearer token-1"


# Several at once, and secrets

CHILD = """
import sys, types
sys.modules["app"] = types.ModuleType("app")  # the sources need nothing of the rest, whose import takes a second
sys.modules["app"].__path__ = ["app"]
from app.sources import oauth, strava
assert not {"flask", "sqlalchemy"} & sys.modules.keys()
base, path = sys.argv[1:]
access = oauth.Access(strava.oauth_app("1", "2", base), oauth.TokenFile(path), now=lambda: 0)
print(access.send("GET", base + "/api").body["used"])
"""


def test_two_processes_that_are_refused_at_once_spend_the_refresh_token_once(wire, tmp_path):
    file = TokenFile(tmp_path / "strava.json")
    file.save(Token("old", "R0", 10**9))
    both_here = threading.Barrier(2, timeout=20)

    def answer(seen: Seen) -> Say:
        if seen.path == "/token":
            good = seen.form["refresh_token"] == "R0"
            return Say({**FRESH, "access_token": "new", "refresh_token": "R1"}) if good else Say(DEAD, 400)
        if seen.headers["Authorization"] == "Bearer old":
            both_here.wait()
            return Say({"message": "Authorization Error"}, 401)
        return Say({"used": seen.headers["Authorization"]})

    wire.answer = answer
    command = [sys.executable, "-c", CHILD, wire.base, str(file.path)]
    root = Path(__file__).parents[1]
    children = [subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert [child.communicate(timeout=30)[0].strip() for child in children] == ["Bearer new"] * 2
    assert wire.paths().count("/token") == 1
    assert as_sent(file) == Token("new", "R1", NOW + 21600).to_json()


def test_no_secret_is_ever_shown(wire, file, caplog):
    caplog.set_level(logging.DEBUG)
    app = strava_app(wire.base)
    echo = "Access token expired: access-SECRET-a"
    wire.says(Say({"message": echo}, 400), Say({"message": echo}, 400), Say(FRESH, cut=True), Say("", 503))
    wire.says(Say({"error": "x", "error_description": "refresh-SECRET-a of client-SECRET"}, 400))
    shown = [repr(TOKEN), repr(app), repr(Http("Strava").send("GET", wire.base, bearer="access-SECRET-a"))]
    file.save(Token("access-SECRET-a", "refresh-SECRET-a", NOW + 9999))
    client = strava.Strava(wire.base, access_to(wire, file))
    attempts = [client.identity, *[lambda: oauth.refresh(app, TOKEN)] * 2]
    attempts.append(lambda: oauth.refresh(google_app(wire.base), TOKEN))
    for attempt in attempts:
        with pytest.raises((GiveUp, Retry)) as caught:
            attempt()
        shown += [repr(caught.value), *traceback.format_exception(caught.value), str(pickle.dumps(caught.value))]
    assert "SECRET" not in "".join(shown).replace("STRAVA_CLIENT_SECRET", "")
    assert "SECRET" not in caplog.text
