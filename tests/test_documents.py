"""The pictures of README and docs, made from the demo's own week at a moment that stands still."""

import base64
from datetime import datetime
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page

from tests import demos
from tests.boards import showing
from tests.browsing import ARTIFACTS, settled
from tests.conftest import ROOT
from tests.demos import BERLIN

THURSDAY = datetime(2026, 11, 26, 19, 24, tzinfo=BERLIN)
PICTURES: list[tuple[str, str, int, int, Literal["light", "dark"]]] = [
    ("board-wide", "/stats/livefeed", 1280, 837, "light"),
    ("board-dark", "/stats/livefeed", 1280, 837, "dark"),
    ("board-phone", "/stats/livefeed", 390, 844, "light"),
]
MOST = 100_000
"""Bytes of one picture, so that the repository stays small."""


def picture(page: Page, name: str) -> bytes:
    """What is on the screen, as WebP, which is a third of a PNG; kept in artifacts/docs."""
    taken = page.context.new_cdp_session(page).send("Page.captureScreenshot", {"format": "webp", "quality": 90})
    content = base64.b64decode(taken["data"])
    (ARTIFACTS / "docs").mkdir(parents=True, exist_ok=True)
    (ARTIFACTS / "docs" / f"{name}.webp").write_bytes(content)
    return content


def test_the_pictures_of_the_documents_are_of_the_demo_and_small(uri: str, browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "calendar").touch()
    demos.fill(uri, THURSDAY)
    with showing(uri, tmp_path) as board:
        demos.set_calendar(tmp_path / "calendar", THURSDAY)
        for name, path, width, height, theme in PICTURES:
            page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=theme)
            page.goto(board.url + path)
            settled(page)
            assert page.locator("#demo").is_visible()
            assert len(picture(page, name)) < MOST, name
            assert (ROOT / "docs" / "images" / f"{name}.webp").stat().st_size < MOST, "cp artifacts/docs/* docs/images/"
            page.close()
