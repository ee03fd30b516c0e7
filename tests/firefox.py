"""A real Firefox, spoken to by WebDriver BiDi (https://w3c.github.io/webdriver-bidi/), which it serves by itself."""

import base64
import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import websocket

from tests.browsing import ARTIFACTS
from tests.serving import PATIENCE

LISTENS = re.compile(r"WebDriver BiDi listening on (ws://\S+)")
HEARD = ["log.entryAdded", "network.fetchError"]


class Firefox:
    """One tab. `trouble` is what the console was told and which requests failed, since it was last emptied."""

    def __init__(self, address: str) -> None:
        self.socket = websocket.create_connection(f"{address}/session", suppress_origin=True, timeout=PATIENCE)
        self.asked = 0
        self.trouble: list[str] = []
        self.ask("session.new", capabilities={})
        self.tab = self.ask("browsingContext.getTree")["contexts"][0]["context"]
        self.ask("session.subscribe", events=HEARD)

    def ask(self, method: str, **params: Any) -> Any:
        """The answer to one command; AssertionError with Firefox's words where it is an error."""
        self.asked += 1
        self.socket.send(json.dumps({"id": self.asked, "method": method, "params": params}))
        while (heard := json.loads(self.socket.recv())).get("id") != self.asked:
            self.note(heard["method"], heard["params"])
        assert heard["type"] == "success", heard
        return heard["result"]

    def note(self, event: str, params: dict[str, Any]) -> None:
        if event == "log.entryAdded":
            self.trouble.append(f"{params['level']}: {params['text']}")
        elif "favicon" not in params["request"]["url"]:
            self.trouble.append(f"{params['request']['url']}: {params['errorText']}")

    def go(self, url: str) -> None:
        self.ask("browsingContext.navigate", context=self.tab, url=url, wait="complete")

    def evaluate(self, expression: str) -> Any:
        """What JSON can hold of an expression's value."""
        asked = {"expression": f"JSON.stringify({expression})", "target": {"context": self.tab}, "awaitPromise": True}
        found = self.ask("script.evaluate", **asked)
        assert found["type"] == "success", found
        return json.loads(found["result"].get("value", "null"))

    def until(self, expression: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while not self.evaluate(expression):
            assert time.monotonic() < deadline, (expression, self.trouble)
            time.sleep(0.05)

    def says(self, place: str, text: str) -> None:
        """Waits until what a selector finds contains this text."""
        self.until(f"document.querySelector({json.dumps(place)})?.innerText.includes({json.dumps(text)}) ?? false")

    def find(self, place: str) -> dict[str, str]:
        """The one element that a selector finds, once it is there, as BiDi names it."""
        self.until(f"document.querySelector({json.dumps(place)}) !== null")
        locator = {"type": "css", "value": place}
        (node,) = self.ask("browsingContext.locateNodes", context=self.tab, locator=locator)["nodes"]
        return {"sharedId": node["sharedId"]}

    def click(self, place: str) -> None:
        """With the pointer, in the element's middle."""
        origin = {"type": "element", "element": self.find(place)}
        steps = [
            {"type": "pointerMove", "x": 0, "y": 0, "origin": origin},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        ]
        pointer = {"type": "pointer", "id": "mouse", "actions": steps}
        self.ask("input.performActions", context=self.tab, actions=[pointer])

    def upload(self, place: str, *files: Path) -> None:
        self.ask("input.setFiles", context=self.tab, element=self.find(place), files=[str(file) for file in files])

    def size(self, width: int, height: int) -> None:
        self.ask("browsingContext.setViewport", context=self.tab, viewport={"width": width, "height": height})

    def screenshot(self, name: str) -> None:
        ARTIFACTS.mkdir(exist_ok=True)
        taken = self.ask("browsingContext.captureScreenshot", context=self.tab, origin="document")
        (ARTIFACTS / f"{name}.png").write_bytes(base64.b64decode(taken["data"]))


@contextmanager
def running(profile: Path) -> Iterator[Firefox]:
    """The machine's Firefox with an empty profile (tests/find-tools sees to one)."""
    program = shutil.which("firefox-esr") or shutil.which("firefox")
    assert program, "Firefox is lacking: ./tests/find-tools says which line installs it"
    line = [program, "--headless", "--no-remote", "--remote-debugging-port=0", "--profile", str(profile)]
    own = {**os.environ, "HOME": str(profile)}
    process = subprocess.Popen(line, env=own, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        said: list[str] = []
        for told in process.stderr or ():
            said.append(told)
            if listens := LISTENS.search(told):
                break
        else:
            raise AssertionError(f"Firefox ended: {said}")
        firefox = Firefox(listens[1])
        with closing(firefox.socket):
            yield firefox
            firefox.ask("browser.close")
    except BaseException:
        process.kill()
        raise
    finally:
        process.communicate(timeout=PATIENCE)
