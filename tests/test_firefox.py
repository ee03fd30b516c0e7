"""The journeys of the board, the log and an import in Firefox, with its console empty."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from app.extensions import db
from app.sync import imports
from tests import boards, demos
from tests.conftest import execute, fresh, make_app
from tests.demos import BERLIN
from tests.firefox import Firefox, running
from tests.serving import Board
from tests.test_imports import ROUTE, track
from tests.test_wall import CUT

TUESDAY = datetime(2026, 11, 24, 18, 4, tzinfo=BERLIN)
LIVE = "document.getElementById('live')?.dataset.state === 'live'"
REFUSED = "(one) => one.innerText.includes('plan.gpx')"
TODAY = ".weight td.today"
SAME = "window.sameDocument === true"


@pytest.fixture(scope="module")
def installation(server: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Board]:
    """One server and one database for all of these; its clock stands still on a Tuesday evening."""
    folder = tmp_path_factory.mktemp("firefox")
    for uri in fresh(server, template):
        with boards.showing(uri, folder, INSTANCE_DIR=str(folder / "instance"), DEMO="0") as board:
            yield board


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firefox]:
    with running(tmp_path_factory.mktemp("profile")) as firefox:
        yield firefox


@pytest.fixture
def firefox(started: Firefox) -> Iterator[Firefox]:
    """Fails its test on any message on the console and any request that failed but those that leaving a page ends."""
    started.trouble.clear()
    yield started
    started.go("about:blank")
    assert [line for line in started.trouble if not line.endswith("NS_BINDING_ABORTED")] == []


@pytest.fixture
def board(installation: Board) -> Board:
    demos.set_calendar(installation.log_file.parent / "calendar", TUESDAY)
    demos.fill(installation.uri, TUESDAY)
    return installation


def opened(firefox: Firefox, board: Board, path: str = "/stats/livefeed") -> None:
    firefox.go(board.url + path)
    if "livefeed" in path:
        firefox.until(LIVE)
    firefox.evaluate("window.sameDocument = true")


def test_an_open_board_shows_a_commit_by_itself_and_is_whole_at_every_width(firefox: Firefox, board: Board) -> None:
    opened(firefox, board)
    execute(board.uri, "UPDATE fitbit_weight SET weight = 71.4 WHERE record_date = '2026-11-24'")
    firefox.says("#weight-2", "71.4")
    firefox.says("#changes", "Weight on Tuesday corrected")
    execute(board.uri, "UPDATE fitbit_calories SET calories = 1780 WHERE record_date = '2026-11-24'")
    firefox.says("#calories-2", "1,780")
    assert firefox.evaluate(SAME)
    for width, height in ((390, 844), (768, 1024), (1440, 900)):
        firefox.size(width, height)
        assert firefox.evaluate(f"({CUT})()") == [], width
        firefox.screenshot(f"firefox-board-{width}")
    opened(firefox, board, "/stats/livefeed?wall=1")
    for width, height in ((1280, 800), (1080, 1920)):
        firefox.size(width, height)
        assert firefox.evaluate(f"({CUT})()") == [], width
        firefox.screenshot(f"firefox-wall-{width}")


def test_a_weigh_in_by_hand_is_two_presses_from_the_board(firefox: Firefox, board: Board) -> None:
    noon = datetime.now(BERLIN).replace(hour=12, minute=0)  # the log knows the real day only
    demos.set_calendar(board.log_file.parent / "calendar", noon)
    demos.fill(board.uri, noon)
    execute(board.uri, "DELETE FROM fitbit_weight WHERE record_date = %s", noon.date())
    firefox.size(390, 844)
    opened(firefox, board)
    firefox.says(TODAY, "No weigh-in yet")
    firefox.click(".pages .log")
    firefox.until("document.querySelector('dialog[open] [name=weight]') !== null")
    last = firefox.evaluate("document.querySelector('dialog[open] [name=weight]').value")
    firefox.screenshot("firefox-log")
    firefox.click("dialog[open] button.btn-primary[type=submit]")
    firefox.says(TODAY, last)
    firefox.until("document.querySelector('dialog[open]') === null")
    assert firefox.evaluate(SAME)


def test_files_are_given_watched_and_told_of(firefox: Firefox, board: Board, tmp_path: Path) -> None:
    (tmp_path / "run.gpx").write_bytes(track("2026-11-24"))
    (tmp_path / "plan.gpx").write_bytes(ROUTE.encode())
    firefox.size(1440, 900)
    opened(firefox, board, "/connect/")
    firefox.upload("#files", tmp_path / "run.gpx", tmp_path / "plan.gpx")
    firefox.until("document.querySelectorAll('#imports li').length === 2")
    app = make_app(board.uri, INBOX_DIR=str(board.log_file.parent / "instance" / "inbox"))
    with app.app_context():
        imports.import_all(lambda _: None)
        db.engine.dispose()
    firefox.says("#imports", "1 new")
    firefox.says("#imports", "1 refused")
    firefox.screenshot("firefox-import")
    place = firefox.evaluate(f"[...document.querySelectorAll('#imports li')].findIndex({REFUSED})")
    firefox.click(f"#imports li:nth-child({place + 1}) a")
    firefox.says("h1", "plan.gpx")
    firefox.says(".results", "route")
    firefox.screenshot("firefox-import-result")
