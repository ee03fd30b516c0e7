"""The pages as a browser without scripts gets them, and who may."""

import html
import json
import re
from datetime import date

import pytest
from flask.testing import FlaskClient

from app.records import preferences
from app.stats import payload
from tests.conftest import execute, make_app

TODAY = date(2026, 11, 25)
NOBODY = "postgresql+psycopg2://postgres@127.0.0.1:1/none"
PAGES = ("/stats/", "/stats/index", "/stats/livefeed", "/connect/")
EVIL = "\"><script>alert('1')</script>&"
RUN = "INSERT INTO strava_activity (start_date_local, activity_type, distance, moving_time, name) VALUES"
WEIGH_IN = "INSERT INTO fitbit_weight (record_date, record_time, weight, fat) VALUES"
EATEN = "INSERT INTO fitbit_calories (record_date, calories) VALUES"
SYNCED = "INSERT INTO sync_state (source, metric, state, account, message, last_attempt) VALUES"
each_page = pytest.mark.parametrize("page", PAGES)


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(payload, "today", lambda _chosen: TODAY)


@pytest.fixture
def client(uri: str) -> FlaskClient:
    return make_app(uri).test_client()


def words(page: str) -> str:
    """What a person reads of a piece of HTML."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def cell(page: str, name: str) -> str:
    found = re.search(rf'id="{name}"[^>]*>(.*?)</t[dh]>', page, re.DOTALL)
    assert found, f"no cell {name}"
    return words(found[1])


def test_home_leads_to_the_week():
    assert make_app(NOBODY).test_client().get("/").location == "/stats/livefeed"


def test_the_week_is_there_at_first_paint_with_labels_and_units(client, uri):
    execute(uri, f"{WEIGH_IN} ('2026-11-23', '07:02', 72.44, 18.4)")
    execute(uri, f"{EATEN} ('2026-11-24', 2104), ('2026-11-25', 640)")
    execute(uri, f"{RUN} ('2026-11-28 23:59', 'Run', 8200, 2530, 'Canal')")
    page = client.get("/stats/livefeed").text
    assert re.search(r'<h1 id="title">22 to 28 November</h1>', page)
    rows = [words(row) for row in re.findall(r'<th scope="row".*?</th>', page)]
    assert rows == ["Weight", "Calories", "Activities"]
    shown = {
        "head-0": "Sun day 22", "head-3": "Today, Wednesday 25",
        "weight-1": "72.4 kg 07:02 , fat 18.4 %", "weight-2": "No weigh-in", "weight-3": "No weigh-in yet",
        "weight-4": "To come", "calories-2": "2,104 kcal", "calories-3": "640 kcal so far",
        "calories-0": "Nothing logged", "activities-6": "42 min 8.2 km Run , 8.2 km 42:10 , 5:09 /km Canal",
    }  # fmt: skip
    assert {name: cell(page, name) for name in shown} == shown


def test_imperial_units_reach_every_page(uri):
    execute(uri, f"{WEIGH_IN} ('2026-11-25', '07:02', 72.5, NULL)")
    execute(uri, f"{RUN} ('2026-11-25 07:00', 'Run', 1609.344, 600, NULL)")
    client = make_app(uri, UNITS="imperial").test_client()
    for page in ("/stats/", "/stats/livefeed"):
        assert {"159.8 lb", "1.0 mi"} <= set(re.findall(r"[\d.]+ (?:lb|mi)\b", words(client.get(page).text)))


@pytest.mark.parametrize(
    ("start", "asked", "title"),
    [
        ("sunday", "2026-11-25", "22 to 28 November"),
        ("sunday", "2026-11-28", "22 to 28 November"),
        ("monday", "2026-11-22", "16 to 22 November"),
        ("saturday", "2026-11-28", "28 November to 4 December"),
        ("sunday", "2024-02-29", "25 February to 2 March 2024"),
        ("monday", "0001-01-01", "1 to 7 January 1"),
        ("saturday", "9999-12-31", "25 to 31 December 9999"),
    ],
)
def test_week_shows_the_week_that_holds_the_day(uri, start, asked, title):
    answer = make_app(uri, WEEK_START=start).test_client().get(f"/stats/livefeed?week={asked}")
    assert (answer.status_code, re.findall(r'<h1 id="title">(.*?)</h1>', answer.text)) == (200, [title])
    assert ("This week" in words(answer.text)) == ("22 to 28" not in title)


NO_DAYS = ["banana", "2026-13-40", "0001-01-01", "9999-12-31", "20261125", "２０２６-11-25", "", "\0", "2026-W48-3"]


@pytest.mark.parametrize("asked", NO_DAYS)
def test_what_is_no_day_gets_one_clear_sentence(asked):
    answer = make_app(NOBODY).test_client().get("/stats/livefeed", query_string={"week": asked})
    assert answer.status_code == 400
    assert "week takes a day such as 2026-11-25, not “" in words(answer.text)


def test_rubbish_is_shortened_and_stays_text():
    page = make_app(NOBODY).test_client().get("/stats/livefeed", query_string={"week": EVIL + "x" * 5000}).text
    assert "<script>alert" not in page
    assert len(page) < 4000


def test_html_in_a_name_stays_text_on_every_page_and_in_the_payload(client, uri):
    execute(uri, f"{RUN} ('2026-11-25 07:00', %s, 8200, 2530, %s)", f"Sport{EVIL}", f"Name{EVIL}")
    with client.application.test_request_context():
        sent = json.loads(json.dumps(payload.stats_vals(preferences.read(), TODAY)))["cells"]["activities-3"]["html"]
    for shown in (client.get("/stats/livefeed").text, client.get("/stats/").text, sent):
        assert "<script>alert" not in shown
        assert f"Name{EVIL}" in words(shown)
    assert 'title="Name&#34;&gt;' in sent


def test_the_payload_paints_the_very_cells_of_the_page(client, uri):
    execute(uri, f"{RUN} ('2026-11-25 07:00', 'Run', 8200, 2530, 'Canal')")
    page = client.get("/stats/livefeed").text
    with client.application.test_request_context():
        cells = payload.stats_vals(preferences.read(), TODAY)["cells"]
    assert len(cells) == 28
    assert {name: cell(page, name) for name in cells} == {name: words(shown["html"]) for name, shown in cells.items()}


@pytest.mark.parametrize("page", PAGES[:2])
def test_the_index_shows_the_last_three_of_each_table_newest_first(client, uri, page):
    for day in (24, 21, 25, 23):
        execute(uri, f"{WEIGH_IN} ('2026-11-{day}', '07:02', %s, 18.4)", day)
        execute(uri, f"{EATEN} ('2026-11-{day}', %s)", 2000 + day)
        execute(uri, f"{RUN} ('2026-11-{day} 07:00', 'Run', %s, 2530, 'Canal')", 1000 * day)
    tables = re.findall(r"<tbody>(.*?)</tbody>", client.get(page).text, re.DOTALL)
    assert [[words(row) for row in re.findall(r"<tr>.*?</tr>", table)] for table in tables] == [
        [f"2026-11-{day} 07:00 Run Canal {day}.0 km 42:10" for day in (25, 24, 23)],
        [f"2026-11-{day} 07:02 {day}.0 kg 18.4 % –" for day in (25, 24, 23)],
        [f"2026-11-{day} 2,0{day} kcal –" for day in (25, 24, 23)],
    ]


def test_the_index_shows_no_nan(client, uri):
    execute(uri, f"{WEIGH_IN} ('2026-11-25', NULL, 'NaN', 'NaN')")
    execute(uri, f"{EATEN} ('2026-11-25', 'NaN')")
    assert "nan" not in words(client.get("/stats/").text)


def test_healthz_says_whether_this_process_can_serve(client, empty_uri):
    assert (client.get("/healthz").status_code, client.get("/healthz").json) == (200, {"status": "ok"})
    for uri, reason in ((NOBODY, "the database does not answer"), (empty_uri, "the database has no tables yet")):
        answer = make_app(uri).test_client().get("/healthz")
        assert (answer.status_code, answer.json["status"]) == (503, "unavailable")
        assert reason in answer.json["reason"]


@each_page
def test_a_page_without_database_or_tables_says_so_and_tries_again(empty_uri, page):
    for uri, sentence in ((NOBODY, "The database does not answer."), (empty_uri, "Run “flask db upgrade”")):
        answer = make_app(uri).test_client().get(page)
        assert answer.status_code == 503
        assert sentence in words(answer.text)
        assert 'http-equiv="refresh"' in answer.text


TOKENS = '{"access_token": "a", "refresh_token": "r", "expires_at": 0}'


def cards(client: FlaskClient) -> list[str]:
    return [words(card) for card in re.findall(r"<section.*?</section>", client.get("/connect/").text, re.DOTALL)]


def test_connect_has_a_card_for_each_source_with_its_next_step(client, uri, tmp_path):
    for name, card in zip(("Strava", "Fitbit"), cards(client), strict=True):
        assert card.startswith(f"{name} Not configured ")
        assert "Set it up, once Open" in card
        assert f"http://localhost:5000/connect/{name.lower()}/callback" in card
        assert card.endswith(f"Save and connect {name}")
    own = make_app(uri, STRAVA_CLIENT_ID="45678", FITBIT_CLIENT_ID="id", CREDS_DIR=str(tmp_path)).test_client()
    (tmp_path / "strava.json").write_text(TOKENS)
    strava, fitbit = cards(own)
    assert strava.startswith("Strava Connected, the first sync is about to begin Signed in Connect again")
    assert strava.endswith("Disconnect Strava Client ID 45678, as set by STRAVA_CLIENT_ID.")
    assert fitbit.startswith("Fitbit Ready to connect Sevenday will read your weight")


@pytest.mark.parametrize(
    ("state", "title"),
    [
        ("'ok', 'strava:134815', ''", "Connected Signed in as athlete 134815"),
        ("'reconnect', '', 'Access was taken back.'", "Sign in again Access was taken back. Signed in Sign in again"),
        ("'misconfigured', '', 'The secret is wrong.'", "Client id or secret is wrong The secret is wrong."),
        ("'refused', '', 'No subscription.'", "Refused No subscription."),
        ("'failed', '', 'HTTP 500.'", "Connected, but the last sync failed HTTP 500."),
        ("'ungranted', '', 'No food log.'", "Connected, with a permission missing No food log."),
    ],
)
def test_a_card_says_how_its_account_stands(uri, tmp_path, state, title):
    own = make_app(uri, STRAVA_CLIENT_ID="45678", CREDS_DIR=str(tmp_path)).test_client()
    (tmp_path / "strava.json").write_text(TOKENS)
    execute(uri, f"{SYNCED} ('strava', 'activities', {state}, now())")
    assert cards(own)[0].startswith(f"Strava {title}")


def test_a_card_tells_the_last_sync_the_next_and_how_long_it_waits(uri, tmp_path):
    own = make_app(uri, STRAVA_CLIENT_ID="45678", CREDS_DIR=str(tmp_path), TIMEZONE="UTC").test_client()
    (tmp_path / "strava.json").write_text(TOKENS)
    execute(
        uri,
        "INSERT INTO sync_state (source, metric, state, account, last_attempt, last_success, resume_at) VALUES"
        " ('strava', 'activities', 'waiting', 'strava:7', now(), now() - interval '5 min', '2099-01-01 10:15Z')",
    )
    card = cards(own)[0]
    assert card.startswith("Strava Waiting until 10:15 Signed in as athlete 7")
    assert "Last sync 5 min ago, the next at about 1 Jan 10:15" in card


@each_page
def test_the_demo_is_said_on_every_page_while_it_is_on_and_on_none_otherwise(client, uri, page):
    banner = r'id="demo" hidden>Demo: a made-up athlete'
    execute(uri, f"{SYNCED} ('strava', 'activities', 'ok', 'strava:7', '', now())")
    assert re.search(banner, client.get(page).text)
    execute(uri, "UPDATE sync_state SET account = 'demo'")
    assert re.search(banner.replace(" hidden", ""), client.get(page).text)


@each_page
def test_every_file_of_a_page_comes_from_here_and_is_there(client, page):
    addresses = re.findall(r'(?:src|href)="([^"]*)"', client.get(page).text)
    files = [address for address in addresses if "static" in address]
    assert len(files) >= 3
    links = re.findall(r'<a href="([^"]*)" target="_blank" rel="noopener noreferrer">', client.get(page).text)
    drawings = [address for address in addresses if address.startswith("#")]
    ours = {*addresses} - {*links} - {*drawings}
    assert all(address.startswith("/") and not address.startswith("//") for address in ours)
    for address in files:
        with client.get(address) as answer:
            assert answer.status_code == 200
            if answer.mimetype != "image/png":
                assert not re.search(r"""(@import|url\()\s*['"]?(https?:)?//""", answer.text)


def test_with_a_password_all_but_three_things_lead_to_signing_in(uri):
    client = make_app(uri, DASHBOARD_PASSWORD="hunter2").test_client()
    open_to_all = {"static", "bootstrap.static", "access.login", "health.healthz"}
    rules = list(client.application.url_map.iter_rules())
    assert open_to_all | {"home", "stats.index", "stats.livefeed", "connect.index"} <= {rule.endpoint for rule in rules}
    for rule in rules:
        for method in rule.methods - {"HEAD"}:
            with client.open(re.sub(r"<.*?>", "favicon.svg", rule.rule), method=method) as answer:
                led_away = (answer.location or "").startswith("/login?next=")
                led_away |= rule.rule.startswith("/api/") and answer.status_code == 401
            assert led_away == (rule.endpoint not in open_to_all), (rule, method)
    assert client.get("/nowhere").location == "/login?next=/nowhere"


def test_the_right_password_gets_in_and_a_new_one_signs_out(uri):
    client = make_app(uri, DASHBOARD_PASSWORD="hunter2").test_client()
    for wrong in ({}, {"password": ""}, {"password": "Hunter2"}, {"password": "пароль"}):
        answer = client.post("/login", data=wrong)
        assert (answer.status_code, "That is not the password." in words(answer.text)) == (403, True)
        assert client.get("/stats/").status_code == 302
    assert client.post("/login", data={"password": "hunter2"}).location == "/stats/livefeed"
    assert client.get("/stats/").status_code == 200
    changed = make_app(uri, DASHBOARD_PASSWORD="hunter3").test_client()
    name = client.application.config["SESSION_COOKIE_NAME"]
    changed.set_cookie(name, client.get_cookie(name).value)
    assert changed.get("/stats/").status_code == 302


HOLES = [f"/{gap}/evil.com" for gap in ("\t", "\n", "\r")]


@pytest.mark.parametrize("wanted", ["//evil.com", "/\\evil.com", "https://evil.com", "evil", "", " //evil.com", *HOLES])
def test_after_signing_in_one_is_sent_to_pages_of_this_host_only(uri, wanted):
    client = make_app(uri, DASHBOARD_PASSWORD="hunter2").test_client()
    for asked, gets in (("/stats/?x=1", "/stats/?x=1"), (wanted, "/stats/livefeed")):
        assert client.post("/login", query_string={"next": asked}, data={"password": "hunter2"}).location == gets
