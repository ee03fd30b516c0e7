"""Files in a real browser, with the real updater: dropped, watched, read, taken back; and a psql change meanwhile."""

from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browsing import screenshot, violations, wear
from tests.serving import Board
from tests.test_board_looks import THEMES
from tests.test_imports import ROUTE, WEIGHTS, track
from tests.updating import served_and_updated

BODY = b'Body\n"Date","Weight","BMI","Fat"\n"2026-11-08","72.4","22.0","18"\n"2026-11-09","72.2","22.0","18"\n'


@pytest.fixture
def updated(uri: str, prefect_url: str, tmp_path: Path) -> Iterator[Board]:
    with served_and_updated(uri, prefect_url, tmp_path, DEMO="0", TIMEZONE="Europe/Berlin") as board:
        yield board


def files(folder: Path) -> list[Path]:
    contents = {"run.gpx": track(), "weights.csv": WEIGHTS, "plan.gpx": ROUTE.encode()}
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return [folder / name for name in contents]


def test_three_files_are_dropped_watched_and_one_is_taken_back_and_a_fourth_goes_on_when_its_question_is_answered(
    updated: Board, page: Page, tmp_path: Path
) -> None:
    page.goto(f"{updated.url}/files/")
    page.locator("#files").set_input_files(files(tmp_path))
    expect(page.locator("#imports li")).to_have_count(3)
    run = page.locator("#imports li", has_text="run.gpx")
    expect(run).to_contain_text("1 new")
    expect(page.locator("#imports li", has_text="weights.csv")).to_contain_text("2 new")
    refused = page.locator("#imports li", has_text="plan.gpx")
    expect(refused).to_contain_text("1 refused")
    refused.locator("a").click()
    expect(page.locator(".results")).to_contain_text("route")
    page.go_back()
    run.locator("a").click()
    expect(page.locator("h1")).to_have_text("run.gpx")
    page.locator("summary", has_text="Take this import back").click()
    page.get_by_role("button", name="Take it back").click()
    expect(page.locator(".alert")).to_contain_text("1 records are gone")
    a_question_is_answered(updated, page, tmp_path)
    page.goto("about:blank")


def a_question_is_answered(board: Board, page: Page, folder: Path) -> None:
    (folder / "export.csv").write_bytes(BODY)
    page.goto(f"{board.url}/files/")
    page.locator("#files").set_input_files(folder / "export.csv")
    expect(page.locator("fieldset.question")).to_be_visible()
    screenshot(page, "files-question")
    page.locator("fieldset.question input").first.check()
    page.get_by_role("button", name="Go on with the import").click()
    expect(page.locator(".counts .new dd")).to_have_text("2")


def test_the_pages_of_files_are_whole_and_axe_finds_nothing(
    empty_board: Board, browser: Browser, tmp_path: Path
) -> None:
    page = browser.new_page()
    page.goto(f"{empty_board.url}/files/")
    page.locator("summary").click()
    all_is_well(page, "files")
    page.locator("#files").set_input_files(files(tmp_path)[0])
    expect(page.locator("h1")).to_have_text("run.gpx")
    all_is_well(page, "files-one")
    page.close()


def all_is_well(page: Page, name: str) -> None:
    for width, theme in product((390, 1440), THEMES):
        page.set_viewport_size({"width": width, "height": 900})
        wear(page, theme)
        assert violations(page) == [], (width, theme)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (width, theme)
    screenshot(page, name)


def test_without_a_script_a_form_brings_the_file_just_as_well(
    empty_board: Board, browser: Browser, tmp_path: Path
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{empty_board.url}/files/")
    page.locator("#files").set_input_files(files(tmp_path)[0])
    page.locator("#send").click()
    expect(page.locator("h1")).to_have_text("run.gpx")
    expect(page.locator("main")).to_contain_text("Waiting for the updater")
    context.close()
