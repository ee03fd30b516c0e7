"""A real Chromium for the journeys."""

import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Error, Page, expect, sync_playwright

from tests.conftest import ROOT
from tests.serving import PATIENCE

ARTIFACTS = ROOT / "artifacts"
"""Where the journeys leave their screenshots."""
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
VIOLATIONS = """async () => {
  const found = await axe.run({ resultTypes: ["violations"] });  // to tell of all that is well takes twice as long
  return found.violations.flatMap((one) => one.nodes.map((node) => `${one.id}: ${node.html}`));
}"""

FLAGS = (
    "--no-sandbox --disable-gpu --disable-background-networking"
    " --disable-component-update --disable-sync --no-first-run"
)
expect.set_options(timeout=1000 * PATIENCE)
NO_WEBSOCKET = "delete window.WebSocket"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The machine's Chromium, or Playwright's own where there is none (tests/find-tools sees to one of them)."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS.split())
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page that fails its test on any script error, failed request or message on the console."""
    page = browser.new_page(viewport={"width": 1280, "height": 640})
    trouble: list[str] = []
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("console", lambda message: trouble.append(message.text))
    page.on("requestfailed", lambda request: trouble.append(f"{request.method} {request.url} {request.failure}"))
    yield page
    page.close()
    # A long poll that waits, and the icon, are cut off when the page is left; that is no failure.
    assert [line for line in trouble if "transport=polling" not in line and "/favicon.svg" not in line] == []


def screenshot(page: Page, name: str) -> Path:
    ARTIFACTS.mkdir(exist_ok=True)
    path = ARTIFACTS / f"{name}.png"
    page.screenshot(path=path, full_page=True, animations="disabled")
    return path


def wear(page: Page, theme: Literal["light", "dark"]) -> None:
    """Has an open page look light or dark, with no colour still on its way to the other."""
    page.emulate_media(color_scheme=theme)
    page.evaluate("document.getAnimations().forEach((one) => { if (one instanceof CSSTransition) one.finish(); })")


def violations(page: Page) -> list[str]:
    """What axe-core finds wrong with the page as it stands."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text())
    found: list[str] = page.evaluate(VIOLATIONS)
    return found


def text(page: Page, cell: str) -> str:
    """What a cell says, on one line."""
    return " ".join(page.locator(f"#{cell}").inner_text().split())


def settled(page: Page) -> None:
    """Waits until the live feed has answered, on pages that have one."""
    if page.locator("#live").count():
        expect(page.locator("#live")).to_have_text("Live")


def remember_this_page(page: Page) -> None:
    """So that `is_same_page` can tell an update from a reload."""
    page.evaluate("window.sameDocument = true")


def is_same_page(page: Page) -> bool:
    return bool(page.evaluate("window.sameDocument === true"))


def until(page: Page, expression: str, seconds: float = PATIENCE) -> None:
    """Waits for a script's answer to be true; unlike `wait_for_function` it needs no eval, which our pages forbid."""
    deadline = time.monotonic() + seconds
    true = False
    while not true:
        assert time.monotonic() < deadline, expression
        page.wait_for_timeout(50)
        with suppress(Error):  # the page is just being left for another
            true = page.evaluate(expression)
