"""The rows' order, light and dark, and the wall's night: what is chosen, kept, and honoured by every page."""

import re
from datetime import time
from pathlib import Path
from typing import Literal

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Browser
from psycopg2.errors import CheckViolation

from app.records import preferences
from app.records.preferences import ordered, reordered
from app.settings.order import moved
from tests.conftest import ROOT, execute, make_app
from tests.serving import Board, serving
from tests.test_settings import UNTOUCHED, said, stored

USUAL = ["weight", "calories", "activities"]
PASSWORD = "correct-horse-battery-staple-4711"


@pytest.fixture
def client(uri: str) -> FlaskClient:
    return make_app(uri).test_client()


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ([], USUAL),
        (["activities"], ["activities", "weight", "calories"]),
        (["calories", "calories", "weight"], ["calories", "weight", "activities"]),
        (["steps", "", "activities", "weight"], ["activities", "weight", "calories"]),
    ],
)
def test_every_row_has_one_place_whatever_is_asked_for(asked: list[str], found: list[str]) -> None:
    assert ordered(asked) == found


@pytest.mark.parametrize(
    ("move", "found"),
    [
        ("calories up", ["calories", "weight", "activities"]),
        ("calories down", ["weight", "activities", "calories"]),
        ("weight down", ["calories", "weight", "activities"]),
        *(
            (move, USUAL)
            for move in ("weight up", "activities down", "", "up", "steps up", "weight", "weight sideways")
        ),
    ],
)
def test_a_row_moves_by_one_place_and_never_over_the_end(move: str, found: list[str]) -> None:
    assert moved(USUAL, move) == found


def test_two_rows_that_are_left_in_their_order_are_not_another_order() -> None:
    assert not reordered(USUAL)
    assert not reordered(["weight", "activities"])
    assert reordered(["activities", "weight"])


def test_an_arrow_saves_the_order_with_all_that_was_entered_and_the_board_honours_it(client: FlaskClient) -> None:
    sent = UNTOUCHED | {"order": USUAL, "move": "activities up", "calorie_goal": "2300"}
    assert client.post("/settings/", data=sent).location == "/settings/#rows"
    assert list(stored(client).rows) == ["weight", "activities", "calories"]
    assert stored(client).calorie_goal == 2300
    page = client.get("/stats/livefeed").text
    assert re.findall(r'<tr role="row" class="(\w+)">', page) == ["weight", "activities", "calories"]
    assert "order.css" in page
    assert re.findall(r'name="order" value="(\w+)"', client.get("/settings/").text) == list(stored(client).rows)
    client.post("/settings/", data=UNTOUCHED)
    assert list(stored(client).rows) == ["weight", "activities", "calories"]  # a form without the order leaves it


def test_the_order_outlives_an_entry_that_is_refused(client: FlaskClient) -> None:
    sent = UNTOUCHED | {"order": USUAL, "move": "calories up", "calorie_goal": "lots"}
    answer = client.post("/settings/", data=sent)
    assert answer.status_code == 422
    assert re.findall(r'name="order" value="(\w+)"', answer.text) == ["calories", "weight", "activities"]
    assert list(stored(client).rows) == USUAL


@pytest.mark.parametrize(
    ("begin", "end", "kept"),
    [
        ("21:00", "07:00", (time(21), time(7))),
        ("7:05", "21:30:00", (time(7, 5), time(21, 30))),
        ("00:00", "06:00", (time(0), time(6))),
        ("", "", None),
    ],
)
def test_two_times_are_kept(client: FlaskClient, begin: str, end: str, kept: object) -> None:
    client.post("/settings/", data=UNTOUCHED | {"night_from": begin, "night_until": end})
    assert stored(client).night == kept


ONE_TIME, TIME = "Enter both times, or neither.", "Enter a time such as 21:00, or nothing."


@pytest.mark.parametrize(
    ("begin", "end", "field", "message"),
    [
        ("21:00", "", "night_until", ONE_TIME),
        ("", "07:00", "night_until", ONE_TIME),
        ("21:00", "21:00", "night_until", "These are one and the same time: enter another, or empty both."),
        *((wrong, "07:00", "night_from", TIME) for wrong in ("25:00", "21", "21:60", "9 pm", "21:00+01:00", "٢١:٠٠")),
    ],
)
def test_what_is_no_night_is_said_beside_it(
    client: FlaskClient, begin: str, end: str, field: str, message: str
) -> None:
    answer = client.post("/settings/", data=UNTOUCHED | {"night_from": begin, "night_until": end})
    assert answer.status_code == 422
    assert said(answer.text, field) == message
    assert stored(client).night is None


def test_a_theme_that_there_is_not_is_refused(client: FlaskClient) -> None:
    assert client.post("/settings/", data=UNTOUCHED | {"theme": "sepia"}).status_code == 422


@pytest.mark.parametrize(
    "choice",
    ["theme = 'sepia'", "row_order = '{}'", "night_from = '21:00'", "night_from = '7:00', night_until = '7:00'"],
)
def test_the_table_refuses_a_look_that_makes_no_sense(uri: str, choice: str) -> None:
    with pytest.raises(CheckViolation):
        execute(uri, f"UPDATE preferences SET {choice}")


PAGES = ("/stats/livefeed", "/stats/livefeed?wall=1", "/stats/", "/stats/trends", "/connect/", "/settings/", "/files/")
PAGES += ("/log/", "/stats/day/2026-11-24", "/nowhere", "/stats/livefeed?week=banana")
MEDIA = {"": "(prefers-color-scheme: dark)", "light": "not all", "dark": "all"}


@pytest.mark.parametrize("theme", MEDIA)
def test_every_page_says_light_or_dark_in_its_head_and_signing_in_does(uri: str, theme: str) -> None:
    app = make_app(uri)
    app.test_client().post("/settings/", data=UNTOUCHED | {"theme": theme})
    pages = [app.test_client().get(page).text for page in PAGES]
    pages.append(make_app(uri, DASHBOARD_PASSWORD=PASSWORD).test_client().get("/login").text)
    for page in pages:
        head = page.partition("</head>")[0]
        assert ('data-theme="' in head, f'data-theme="{theme}"' in head) == ((True, True) if theme else (False, False))
        assert f'<meta name="color-scheme" content="{theme or "light dark"}">' in head
        assert re.search(rf'id="dark" href="[^"]*dark.css[^"]*" media="{re.escape(MEDIA[theme])}"', head)


def test_a_database_without_tables_is_said_in_the_colours_of_the_device(uri: str) -> None:
    execute(uri, "ALTER TABLE preferences RENAME TO elsewhere")
    assert "Run “flask db upgrade”" in make_app(uri).test_client().get("/stats/livefeed").text
    execute(uri, "ALTER TABLE elsewhere RENAME TO preferences")


def test_an_open_board_hears_of_another_look(uri: str) -> None:
    from app.stats import payload

    app = make_app(uri)
    versions = set()
    with app.app_context():
        for choice in (
            "theme = NULL",
            "theme = 'dark'",
            "night_from = '21:00', night_until = '7:00'",
            """row_order = '["activities"]'""",
        ):
            execute(uri, f"UPDATE preferences SET {choice}")
            versions.add(payload.version(preferences.read()))
    assert len(versions) == 4


NIGHTS = [
    ("21:00", "07:00", "20:59", 0, False), ("21:00", "07:00", "21:00", 0, True), ("21:00", "07:00", "23:59", 0, True),
    ("21:00", "07:00", "00:00", 0, True), ("21:00", "07:00", "06:59", 0, True), ("21:00", "07:00", "07:00", 0, False),
    ("21:00", "07:00", "12:00", 0, False), ("21:00", "07:00", "20:30", 30, True), ("21:00", "07:00", "23:50", 20, True),
    ("21:00", "07:00", "23:00", 480, False), ("21:00", "07:00", "23:00", 479.9, True),
    ("21:00", "07:00", "12:00", 2880, False),
    ("00:00", "06:00", "23:59", 0, False), ("00:00", "06:00", "23:59", 1, True), ("00:00", "06:00", "05:59", 1, False),
    ("13:00", "15:00", "12:59", 0, False), ("13:00", "15:00", "13:00", 0, True), ("13:00", "15:00", "15:00", 0, False),
    ("13:00", "15:00", "02:00", 0, False), ("23:30", "00:00", "23:45", 0, True), ("23:30", "00:00", "00:00", 0, False),
]  # fmt: skip
"""From, until, the time that was told, the minutes since, and whether it is night."""


def test_a_night_is_told_on_either_side_of_midnight_and_as_time_passes(browser: Browser) -> None:
    page = browser.new_page()
    page.add_script_tag(path=ROOT / "app" / "static" / "night.js")
    for begin, end, now, passed, dim in NIGHTS:
        told = page.evaluate(
            "([now, begin, end, passed]) => night.isNight(now, begin, end, passed)", [now, begin, end, passed]
        )
        assert told is dim, (begin, end, now, passed)
    page.close()


BODY = "getComputedStyle(document.body).backgroundColor"
LIGHT, DARK = "rgb(246, 245, 241)", "rgb(20, 24, 27)"


def test_an_open_wall_dims_and_brightens_by_itself_and_no_other_page_does(empty_board: Board, browser: Browser) -> None:
    """The server says that it is 18:10 in Berlin; the browser's own clock only tells how much time has passed."""
    board = empty_board
    execute(board.uri, "UPDATE preferences SET night_from = '21:00', night_until = '07:00'")
    context = browser.new_context(color_scheme="light")
    wall = context.new_page()
    wall.clock.install(time=0)
    wall.goto(f"{board.url}/stats/livefeed?wall=1")
    wall.evaluate("(socket.connect = () => socket, socket.close())")  # the server would say that it is 18:10 still
    looks = []
    for hours in (0, 2, 1, 9, 1):  # 18:10, 20:10, 21:10, 06:10, 07:10
        wall.clock.fast_forward(hours * 3600_000)
        wall.clock.run_for(2000)
        looks.append((wall.evaluate(BODY), wall.evaluate("document.documentElement.classList.contains('night')")))
    assert looks == [(LIGHT, False), (LIGHT, False), (DARK, True), (DARK, True), (LIGHT, False)]
    page = context.new_page()
    page.goto(f"{board.url}/stats/livefeed")
    assert page.evaluate(BODY) == LIGHT
    context.close()


def test_the_choice_counts_more_than_the_device_at_the_first_paint(uri: str, browser: Browser, tmp_path: Path) -> None:
    devices: tuple[Literal["light", "dark"], ...] = ("light", "dark")
    with serving(uri, tmp_path / "web.log", DASHBOARD_PASSWORD=PASSWORD) as board:
        for device in devices:
            page = browser.new_page(color_scheme=device)
            for theme, ground in (("'light'", LIGHT), ("'dark'", DARK), ("NULL", LIGHT if device == "light" else DARK)):
                execute(uri, f"UPDATE preferences SET theme = {theme}")
                page.goto(f"{board.url}/login")
                assert page.evaluate(BODY) == ground, (theme, device)
            page.close()
