"""The settings page: what it shows, takes, refuses and keeps."""

import html
import re

import pytest
from flask.testing import FlaskClient

from app.records import preferences
from app.records.preferences import Preferences
from tests.conftest import execute, make_app
from tests.test_trends import no_inline

UNTOUCHED = {
    "units": "", "timezone": "", "week_start": "", "calorie_goal": "", "goal_weight": "", "goal_weight_in": "metric",
    "show_weight": "y", "name_weight": "", "show_calories": "y", "name_calories": "",
    "show_activities": "y", "name_activities": "",
}  # fmt: skip
CHOSEN = UNTOUCHED | {
    "units": "imperial", "timezone": "America/New_York", "week_start": "monday", "calorie_goal": "2,200",
    "goal_weight": "71,5", "name_activities": " Sport ",
}  # fmt: skip


@pytest.fixture
def client(uri: str) -> FlaskClient:
    return make_app(uri).test_client()


def stored(client: FlaskClient) -> Preferences:
    with client.application.app_context():
        return preferences.read()


def entry(page: str, name: str) -> str:
    """What stands in a field of the form."""
    tag = re.search(rf'<(input|select)[^>]*name="{name}"[^>]*>', page)
    assert tag, name
    if tag[1] == "select":
        inside = page[tag.end() : page.index("</select>", tag.end())]
        return html.unescape(re.search(r'<option selected value="(.*?)"', inside)[1])
    found = re.search(r'value="(.*?)"', tag[0])
    if 'type="checkbox"' in tag[0]:
        return "y" if " checked" in tag[0] else ""
    return html.unescape(found[1]) if found else ""


def entries(page: str) -> dict[str, str]:
    return {name: entry(page, name) for name in UNTOUCHED}


def said(page: str, name: str) -> str:
    """What is said below a field, which names it as its description."""
    assert f'aria-describedby="{name}-below"' in page
    return html.unescape(re.search(rf'id="{name}-below">(.*?)</div>', page)[1])


def without(form: dict[str, str], *names: str) -> dict[str, str]:
    """As a browser sends it: an unticked box is not there."""
    return {name: value for name, value in form.items() if name not in names}


def test_the_page_shows_the_environments_values_as_the_defaults(client):
    page = client.get("/settings/").text
    assert entries(page) == UNTOUCHED
    for default in ("Metric (kg, km)", "Europe/Berlin", "Sunday"):
        assert f'<option selected value="">Default: {default}</option>' in page
    assert "Pacific/Auckland" in page


def test_saving_keeps_every_choice_and_says_so_once(client):
    answer = client.post("/settings/", data=CHOSEN)
    assert (answer.status_code, answer.location) == (302, "/settings/")
    rows = {"weight": "Weight", "calories": "Calories", "activities": "Sport"}
    assert stored(client) == Preferences("imperial", "America/New_York", "monday", 2200, 71.5, rows)
    page = client.get("/settings/").text
    assert "Saved." in page
    shown = {"calorie_goal": "2200", "goal_weight": "157.6", "goal_weight_in": "imperial", "name_activities": "Sport"}
    assert entries(page) == CHOSEN | shown
    assert "Saved." not in client.get("/settings/").text


def test_choosing_the_default_again_follows_the_environment(client, uri):
    client.post("/settings/", data=CHOSEN)
    client.post("/settings/", data=UNTOUCHED)
    assert stored(client) == Preferences("metric", "Europe/Berlin", "sunday")
    assert stored(make_app(uri, UNITS="imperial").test_client()).units == "imperial"


def test_a_goal_weight_means_the_units_that_it_was_entered_in(client):
    client.post("/settings/", data=UNTOUCHED | {"goal_weight": "160", "goal_weight_in": "imperial"})
    assert stored(client).goal_weight == pytest.approx(72.5748)
    page = client.get("/settings/").text
    assert (entry(page, "goal_weight"), "Goal weight, kg" in page) == ("72.6", True)
    client.post("/settings/", data=UNTOUCHED | {"goal_weight": "72.6", "units": "imperial"})
    assert stored(client).goal_weight == 72.6
    page = client.get("/settings/").text
    assert (entry(page, "goal_weight"), "Goal weight, lb" in page) == ("160.1", True)


def test_a_row_can_be_hidden_but_not_all(client):
    client.post("/settings/", data=without(UNTOUCHED, "show_weight", "show_calories"))
    assert stored(client).rows == {"activities": "Activities"}
    assert entry(client.get("/settings/").text, "show_weight") == ""
    answer = client.post("/settings/", data=without(UNTOUCHED, "show_weight", "show_calories", "show_activities"))
    assert answer.status_code == 422
    assert said(answer.text, "show_weight") == "The board needs one row at the least."
    assert stored(client).rows == {"activities": "Activities"}


KILOGRAMS = "Enter a number from 20 to 300 kg, or nothing."
KILOCALORIES = "Enter a number from 500 to 20,000, or nothing."


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("calorie_goal", "lots", "Enter a whole number such as 2200, or nothing."),
        ("calorie_goal", "2200.5", "Enter a whole number such as 2200, or nothing."),
        ("calorie_goal", "0", KILOCALORIES),
        ("calorie_goal", "-2200", KILOCALORIES),
        ("calorie_goal", "9" * 400, KILOCALORIES),
        ("goal_weight", "70 kg", "Enter a number such as 72.5, or nothing."),
        ("goal_weight", "\"><script>alert('1')</script>", "Enter a number such as 72.5, or nothing."),
        ("goal_weight", "0", KILOGRAMS),
        ("goal_weight", "nan", KILOGRAMS),
        ("goal_weight", "inf", KILOGRAMS),
        ("goal_weight", "1e3", KILOGRAMS),
        ("name_weight", "x" * 31, "Enter 30 letters at the most."),
        ("units", "stones", "Not a valid choice."),
        ("timezone", "Mars/Olympus", "Not a valid choice."),
        ("week_start", "friday", "Not a valid choice."),
    ],
)
def test_bad_input_is_named_beside_its_field_and_nothing_is_saved(client, name, value, message):
    client.post("/settings/", data=CHOSEN)
    before = stored(client)
    entered = UNTOUCHED | {"calorie_goal": "1800", "goal_weight": "65.5", "name_weight": "Mass"} | {name: value}
    answer = client.post("/settings/", data=entered)
    assert answer.status_code == 422
    assert said(answer.text, name) == message
    assert answer.text.count("invalid-feedback") == 1
    assert "<script>alert" not in answer.text
    assert stored(client) == before
    kept = set(UNTOUCHED) - ({name} if name in ("units", "timezone", "week_start") else set())
    assert {one: entry(answer.text, one) for one in kept} == {one: entered[one] for one in kept}


def test_pounds_have_bounds_of_their_own(client):
    answer = client.post("/settings/", data=UNTOUCHED | {"goal_weight": "700", "goal_weight_in": "imperial"})
    assert said(answer.text, "goal_weight") == "Enter a number from 44 to 661 lb, or nothing."
    assert "Goal weight, lb" in answer.text


def test_a_name_stays_text_on_the_board(client):
    client.post("/settings/", data=UNTOUCHED | {"name_weight": "<b>Mass</b>"})
    page = client.get("/settings/").text
    assert "<b>Mass" not in page
    assert entry(page, "name_weight") == "<b>Mass</b>"


def test_a_name_keeps_only_what_can_be_shown(client):
    client.post("/settings/", data=UNTOUCHED | {"name_weight": "\0Ma\nss\x7f"})
    assert stored(client).rows["weight"] == "Mass"


def test_a_form_from_elsewhere_changes_nothing(uri):
    client = make_app(uri, WTF_CSRF_ENABLED=True).test_client()
    assert client.post("/settings/", data=CHOSEN).status_code == 400
    assert stored(client).units == "metric"


FROM_HERE = {"Referer": "http://localhost/settings/"}


def test_the_page_needs_the_password_where_there_is_one(uri):
    client = make_app(uri, DASHBOARD_PASSWORD="hunter2").test_client()
    for answer in (client.get("/settings/"), client.post("/settings/", data=CHOSEN, headers=FROM_HERE)):
        assert answer.status_code == 302
        assert answer.location.startswith("/login?next=/settings/")
    assert stored(client).units == "metric"


def test_choices_reach_every_page(client, uri):
    execute(uri, "INSERT INTO fitbit_weight (record_date, weight) VALUES (current_date, 72.5)")
    client.post("/settings/", data=UNTOUCHED | {"units": "imperial"})
    for page in ("/stats/", "/stats/livefeed", "/stats/trends"):
        assert "159.8" in client.get(page).text, page


def test_the_page_has_no_inline_script_or_style(client):
    for answer in (client.get("/settings/"), client.post("/settings/", data={"calorie_goal": "x"})):
        assert no_inline(answer.text) == []
