"""Several web processes behind a real nginx with the own configuration, and what the loss of one costs."""

import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
import requests
from playwright.sync_api import Browser, expect

from app.extensions import db
from app.sync import imports
from tests.browsing import NO_WEBSOCKET, until
from tests.conftest import ROOT, execute, make_app
from tests.serving import PATIENCE, Board, Person, free_port, serving, wait_until
from tests.test_imports import track

NGINX = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
VIEWERS = 200
SECONDS = 5.0
"""Within which everybody has the current week again after a replica is lost."""


@dataclass
class Cluster:
    url: str
    replicas: list[Board]
    log_file: Path


@pytest.fixture
def cluster(uri: str, tmp_path: Path) -> Iterator[Cluster]:
    """Two web processes behind nginx, the first of which the test may kill."""
    if NGINX is None:
        pytest.fail("nginx is not on this machine; tests/find-tools brings it")
    with ExitStack() as stack:
        settings = {"TIMEZONE": "UTC", "TRUSTED_PROXIES": "1", "INBOX_DIR": str(tmp_path / "inbox")}
        replicas = [stack.enter_context(mortal(uri, tmp_path / f"{name}.log", **settings)) for name in ("one", "two")]
        yield stack.enter_context(balanced(replicas, tmp_path))


@contextmanager
def mortal(uri: str, log_file: Path, **settings: str) -> Iterator[Board]:
    """A web server that may be dead by the end."""
    try:
        with serving(uri, log_file, **settings) as board:
            yield board
    except AssertionError:
        if board.process.returncode != -signal.SIGKILL:
            raise


@contextmanager
def balanced(replicas: list[Board], folder: Path) -> Iterator[Cluster]:
    """nginx with deploy/nginx.conf, of which only the addresses are others."""
    port = free_port()
    servers = "\n".join(
        f"server {board.url.removeprefix('http://')} max_fails=3 fail_timeout=3s;" for board in replicas
    )
    text = (ROOT / "deploy" / "nginx.conf").read_text()
    text, found = re.subn(r"server replica:5000 resolve max_fails=3 fail_timeout=3s;", servers, text)
    assert found == 1
    text, found = re.subn(r"listen 8080;", f"listen 127.0.0.1:{port};", text)
    assert found == 1
    (folder / "nginx.conf").write_text(text)
    log_file = folder / "nginx.log"
    with log_file.open("wb") as log:
        command = [str(NGINX), "-p", str(folder), "-c", str(folder / "nginx.conf"), "-g", "daemon off; user root;"]
        process = subprocess.Popen(command, stdout=log, stderr=log)
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until(lambda: reachable(url, process, log_file))
        yield Cluster(url, replicas, log_file)
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE)


def reachable(url: str, process: subprocess.Popen[bytes], log_file: Path) -> bool:
    assert process.poll() is None, log_file.read_text()
    try:
        return requests.get(f"{url}/healthz", timeout=PATIENCE).ok
    except requests.ConnectionError:
        return False


@pytest.fixture
def people(cluster: Cluster, uri: str) -> Iterator[list[Person]]:
    """As many on long polling as on WebSocket."""
    execute(uri, "INSERT INTO fitbit_weight (weight, record_date) VALUES (70, current_date)")
    with ThreadPoolExecutor(20) as pool:
        found = list(pool.map(lambda n: Person(cluster.url, ("polling", "websocket")[n % 2]), range(VIEWERS)))
        yield found
        list(pool.map(Person.close, found))


def weigh(uri: str, kilograms: float) -> None:
    execute(uri, "UPDATE fitbit_weight SET weight = %s", kilograms)


def kill(board: Board) -> None:
    """As the end of a container is: every process of it at once."""
    family = [psutil.Process(board.process.pid), *psutil.Process(board.process.pid).children(recursive=True)]
    for process in family:
        process.kill()
    board.process.wait()


def test_no_viewer_is_a_stranger_to_its_replica_and_the_loss_of_one_costs_five_seconds_at_the_most(
    cluster: Cluster, people: list[Person], uri: str
) -> None:
    # Each viewer's session stays with one replica, and both have some.
    for kilograms in (71, 72, 73):
        weigh(uri, kilograms)
        wait_until(lambda: all(person.weight == kilograms for person in people))  # noqa: B023
        time.sleep(1)
    assert [person.connects for person in people] == [1] * VIEWERS
    # One is lost, and at that moment the week changes.
    kill(cluster.replicas[0])
    began = time.monotonic()
    weigh(uri, 74)
    wait_until(lambda: all(person.weight == 74 for person in people), seconds=SECONDS)
    taken = time.monotonic() - began
    moved = [person.connects - 1 for person in people]
    assert set(moved) == {0, 1}, moved
    print(f"{sum(moved)} of {VIEWERS} moved; the last had the week after {taken:.1f} s")
    assert VIEWERS / 4 < sum(moved) < VIEWERS * 3 / 4
    # And it is as good as before.
    weigh(uri, 75)
    wait_until(lambda: all(person.weight == 75 for person in people), seconds=SECONDS)
    assert [person.connects - 1 for person in people] == moved


def test_a_real_browser_moves_on_by_itself_by_websocket_and_by_polling(
    cluster: Cluster, browser: Browser, uri: str
) -> None:
    execute(uri, "INSERT INTO fitbit_weight (weight, record_date) VALUES (70, current_date)")
    contexts = [browser.new_context() for _ in range(12)]  # as many people, so that each replica has some of each kind
    pages = [context.new_page() for context in contexts]
    for number, page in enumerate(pages):
        if number % 2:
            page.add_init_script(NO_WEBSOCKET)
        page.goto(f"{cluster.url}/stats/livefeed")
    weigh(uri, 71)
    for page in pages:
        until(page, "document.querySelector('#board').innerText.includes('71')")
    kill(cluster.replicas[0])
    weigh(uri, 72)
    for page in pages:
        until(page, "document.querySelector('#board').innerText.includes('72')")
    for context in contexts:
        context.close()


def test_a_client_without_cookies_is_known_all_the_same(cluster: Cluster) -> None:
    for _ in range(5):
        opened = requests.get(f"{cluster.url}/socket.io/?EIO=4&transport=polling", timeout=PATIENCE).text
        address = f"{cluster.url}/socket.io/?EIO=4&transport=polling&sid={json.loads(opened[1:])['sid']}"
        assert requests.post(address, data="40/livefeed,", timeout=PATIENCE).text == "OK"
        assert "40/livefeed," in requests.get(address, timeout=PATIENCE).text


def test_an_upload_to_one_replica_is_watched_at_the_other(
    cluster: Cluster, browser: Browser, uri: str, tmp_path: Path
) -> None:
    one, other = cluster.replicas
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{other.url}/files/")
    with requests.Session() as person:
        token = re.search(
            r'name="csrf_token"[^>]*value="([^"]+)"', person.get(f"{one.url}/files/", timeout=PATIENCE).text
        )
        assert token
        sent = {"file": ("run.gpx", track())}
        answer = person.post(f"{one.url}/files/", data={"csrf_token": token[1]}, files=sent, timeout=PATIENCE)
        assert answer.ok, answer.text
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{other.url}/files/")
    brought = page.locator("#imports li", has_text="run.gpx")
    expect(brought).not_to_contain_text("1 new")
    with make_app(uri, INBOX_DIR=str(tmp_path / "inbox")).app_context():
        imports.import_all(lambda _: None)
        db.engine.dispose()
    expect(brought).to_contain_text("1 new")
    context.close()
