"""Files in a real browser, with the real updater: dropped, watched, read, taken back; and a psql change meanwhile."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browsing import screenshot
from tests.conftest import ROOT
from tests.serving import PATIENCE, Board, serving
from tests.test_imports import ROUTE, WEIGHTS, track
from tests.updating import AUTH

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
BODY = b'Body\n"Date","Weight","BMI","Fat"\n"2026-11-18","72.4","22.0","18"\n"2026-11-19","72.2","22.0","18"\n'


@pytest.fixture
def board(uri: str, prefect_url: str, tmp_path: Path) -> Iterator[Board]:
    """Web and updater of one installation that has no account."""
    own = {
        "SQLALCHEMY_DATABASE_URI": uri,
        "PREFECT_API_URL": prefect_url,
        "PREFECT_API_AUTH_STRING": AUTH,
        "INSTANCE_DIR": str(tmp_path / "instance"),
        "CREDS_DIR": str(tmp_path / "creds"),
        "DEMO": "0",
        "TIMEZONE": "Europe/Berlin",
    }
    settings = {name: value for name, value in own.items() if name != "SQLALCHEMY_DATABASE_URI"}
    with (tmp_path / "updater.log").open("wb") as log:
        updater = subprocess.Popen([sys.executable, "tasks.py"], cwd=ROOT, env=os.environ | own, stdout=log, stderr=log)
    try:
        with serving(uri, tmp_path / "web.log", **settings) as board:
            yield board
    finally:
        updater.send_signal(signal.SIGTERM)
        updater.wait(timeout=PATIENCE)


def files(folder: Path) -> list[Path]:
    contents = {"run.gpx": track(), "weights.csv": WEIGHTS, "plan.gpx": ROUTE.encode()}
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return [folder / name for name in contents]


VIOLATIONS = """() => axe.run().then(
  found => found.violations.map(one => `${one.id}: ${one.nodes[0].html}`))"""


def violations(page: Page) -> list[str]:
    page.add_script_tag(path=AXE)
    return list(page.evaluate(VIOLATIONS))


def test_three_files_are_dropped_watched_and_one_is_taken_back(board: Board, page: Page, tmp_path: Path) -> None:
    page.goto(f"{board.url}/files/")
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
    page.goto("about:blank")


def test_a_question_is_answered_and_the_import_goes_on(board: Board, page: Page, tmp_path: Path) -> None:
    (tmp_path / "export.csv").write_bytes(BODY)
    page.goto(f"{board.url}/files/")
    page.locator("#files").set_input_files(tmp_path / "export.csv")
    expect(page.locator("fieldset.question")).to_be_visible()
    screenshot(page, "files-question")
    page.locator("fieldset.question input").first.check()
    page.get_by_role("button", name="Go on with the import").click()
    expect(page.locator(".counts .new dd")).to_have_text("2")
    page.goto("about:blank")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_the_pages_of_files_are_whole_and_axe_finds_nothing(
    uri: str, browser: Browser, tmp_path: Path, theme: str, width: int
) -> None:
    with serving(uri, tmp_path / "web.log", INSTANCE_DIR=str(tmp_path / "instance"), DEMO="0") as board:
        context = browser.new_context(
            color_scheme=theme,
            viewport={"width": width, "height": 900},
            bypass_csp=True,  # for axe's own script
        )
        page = context.new_page()
        page.goto(f"{board.url}/files/")
        page.locator("summary").click()
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        page.locator("#files").set_input_files(files(tmp_path)[0])
        expect(page.locator("h1")).to_have_text("run.gpx")
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        screenshot(page, f"files-{theme}-{width}")
        context.close()


def test_without_a_script_a_form_brings_the_file_just_as_well(uri: str, browser: Browser, tmp_path: Path) -> None:
    with serving(uri, tmp_path / "web.log", INSTANCE_DIR=str(tmp_path / "instance"), DEMO="0") as board:
        context = browser.new_context(java_script_enabled=False)
        page = context.new_page()
        page.goto(f"{board.url}/files/")
        page.locator("#files").set_input_files(files(tmp_path)[0])
        page.locator("#send").click()
        expect(page.locator("h1")).to_have_text("run.gpx")
        expect(page.locator("main")).to_contain_text("Waiting for the updater")
        context.close()
