"""Prefect's API from outside: another program, another user, another origin. None of them reads or runs anything."""

import os
import sqlite3
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from app.sync import companions, prefect_api, serve_prefect
from app.sync.prefect_api import Api
from tests.conftest import ROOT, python
from tests.serving import free_port, wait_until

OPEN = {"/health", "/ready"}
PICKLE = {"data": {"type": "unsaved", "result": "gASVHwAAAAAAAACMBXBvc2l4lIwGc3lzdGVtlJOUjAR0cnVllIWUUpQu"}}
STRANGERS = [{}, {"auth": ("", "")}, {"auth": ("sevenday", "guess")}, {"headers": {"Authorization": "Bearer x"}}]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("prefect-doors") / "prefect"


@pytest.fixture(scope="module")
def api(home: Path) -> Iterator[Api]:
    """A server as the updater starts it, which looks for what is too old every few seconds."""
    often = {"PREFECT_SERVER_SERVICES_DB_VACUUM_LOOP_SECONDS": "3", "PREFECT_API_AUTH_STRING": ""}
    with companions.prefect_server(home, os.environ | often) as api:
        yield api


def told(api: Api, method: str, path: str, **how: Any) -> Any:
    answer = prefect_api.ask(api, method, path, **how)
    assert answer.ok, answer.text
    return answer.json() if answer.content else None


def a_run(api: Api) -> str:
    flow = told(api, "POST", "flows/", json={"name": "sync"})["id"]
    return str(told(api, "POST", "flow_runs/", json={"flow_id": flow, "state": {"type": "PENDING"}})["id"])


def test_no_route_but_the_health_checks_answers_whoever_does_not_know_the_string(api: Api) -> None:
    routes = told(api, "GET", "openapi.json", timeout=60)["paths"]
    assert len(routes) > 100
    asked = [(verb.upper(), path) for path, verbs in routes.items() for verb in verbs]
    open_to_all = {
        path.removeprefix("/api")
        for verb, path in asked
        if requests.request(verb, f"{api.url}{path.removeprefix('/api')}", timeout=5).status_code != 401
    }
    assert open_to_all == OPEN


@pytest.mark.parametrize("stranger", STRANGERS)
def test_a_stranger_neither_reads_nor_writes_nor_plants_a_result_that_is_unpickled(
    api: Api, stranger: dict[str, Any]
) -> None:
    run = a_run(api)
    planted = {"state": {"type": "COMPLETED", "data": PICKLE | {"metadata": {"serializer": {"type": "pickle"}}}}}
    for method, path, body in [
        ("GET", f"flow_runs/{run}", None),
        ("POST", "flow_runs/filter", {}),
        ("POST", f"flow_runs/{run}/set_state", planted),
        ("POST", "block_documents/", {"name": "mine"}),
        ("DELETE", f"flow_runs/{run}", None),
    ]:
        assert requests.request(method, f"{api.url}/{path}", json=body, timeout=5, **stranger).status_code == 401
    assert told(api, "GET", f"flow_runs/{run}")["state"]["type"] == "PENDING"


@pytest.mark.parametrize("path", ["events/in", "events/out", "logs/out"])
@pytest.mark.parametrize("token", [None, "", "sevenday:guess"])
def test_a_stranger_hears_nothing_on_a_websocket(api: Api, path: str, token: str | None) -> None:
    address = api.url.replace("http:", "ws:") + f"/{path}"
    with pytest.raises((ConnectionClosed, OSError)), connect(address, subprotocols=["prefect"]) as socket:
        socket.send(f'{{"type": "auth", "token": "{token}"}}' if token is not None else "{}")
        assert "auth_success" not in str(socket.recv(timeout=5))
        socket.recv(timeout=5)


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://localhost:5000", "http://127.0.0.1:8000"])
def test_a_page_of_another_origin_is_given_no_permission(api: Api, origin: str) -> None:
    ask = {"Origin": origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    preflight = requests.options(f"{api.url}/flow_runs/filter", headers=ask, timeout=5)
    assert preflight.status_code == 400
    simple = {"headers": {"Origin": origin, "Content-Type": "text/plain"}, "data": "{}", "timeout": 5}
    plain = requests.post(f"{api.url}/flow_runs/filter", **simple)
    assert plain.status_code == 401
    known = prefect_api.ask(api, "POST", "flow_runs/filter", **simple)  # as if the page had found out the string
    for answer in (preflight, plain, known):
        assert "access-control-allow-origin" not in answer.headers


AS_NOBODY = """
import os, sys, pathlib, requests
url, run, home, pid = sys.argv[1:]
os.setgroups([]), os.setresgid(*[65534] * 3), os.setresuid(*[65534] * 3)
def tried(what):
    try:
        return what()
    except OSError as error:
        return type(error).__name__
print(requests.post(f"{url}/flow_runs/{run}/set_state", json={"state": {"type": "COMPLETED"}}, timeout=5).status_code)
print(tried((pathlib.Path(home) / "auth").read_text), tried((pathlib.Path(home) / "prefect.db").read_bytes))
print(tried(pathlib.Path(f"/proc/{pid}/environ").read_bytes))
print(pathlib.Path(f"/proc/{pid}/cmdline").read_bytes())
"""


def words(process: psutil.Process) -> list[str]:
    """Its command line; none of one that has just ended."""
    try:
        return process.cmdline()
    except psutil.Error:
        return []


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
def test_another_user_of_the_machine_finds_the_string_nowhere(api: Api, home: Path) -> None:
    servers = [one for one in psutil.Process().children(recursive=True) if "prefect" in words(one)]
    assert servers
    for process in servers:
        done = python("-c", AS_NOBODY, api.url, a_run(api), str(home), str(process.pid))
        assert done.returncode == 0, done.stderr
        status, files, environment, command = done.stdout.splitlines()
        assert (status, files, environment) == ("401", "PermissionError PermissionError", "PermissionError")
        assert "server" in command
        assert api.auth.partition(":")[2] not in done.stdout


def test_what_is_too_old_is_removed_and_the_rest_stays(api: Api, home: Path) -> None:
    old, young = a_run(api), a_run(api)
    with closing(sqlite3.connect(home / "prefect.db", timeout=30)) as database, database:
        for run, days in ((old, 31), (young, 29)):
            end = f"{datetime.now(UTC) - timedelta(days=days):%Y-%m-%d %H:%M:%S.%f}"
            own = "UPDATE flow_run SET state_type = 'COMPLETED', end_time = ? WHERE id = ?"
            assert database.execute(own, (end, str(uuid.UUID(run)))).rowcount == 1
    told(api, "POST", "events", json=[event(days) for days in (8, 6)])

    def left() -> list[int]:
        wanted = {"occurred": {"since": moment(20), "until": moment(0)}, "event": {"name": ["tests.aged"]}}
        return [
            item["payload"]["days"] for item in told(api, "POST", "events/filter", json={"filter": wanted})["events"]
        ]

    wait_until(lambda: prefect_api.ask(api, "GET", f"flow_runs/{old}").status_code == 404, seconds=60)
    wait_until(lambda: left() == [6], seconds=60)
    assert prefect_api.ask(api, "GET", f"flow_runs/{young}").ok


def event(days: int) -> dict[str, Any]:
    resource = {"prefect.resource.id": "tests"}
    return {
        "occurred": moment(days),
        "event": "tests.aged",
        "id": str(uuid.uuid4()),
        "resource": resource,
        "payload": {"days": days},
    }


def moment(days: int) -> str:
    return (datetime.now(UTC) - timedelta(days=days)).isoformat()


def test_a_second_updater_takes_the_first_ones_server_and_its_end_takes_nothing_along(api: Api, home: Path) -> None:
    with companions.prefect_server(home, dict(os.environ)) as second:
        assert second == api
    assert prefect_api.accepts_auth(api)
    assert prefect_api.noted(home / "api_url") == api.url


def test_a_server_of_before_that_lets_in_everybody_is_left_alone(home: Path, api: Api, tmp_path: Path) -> None:
    port = free_port()
    own = serve_prefect.without_secrets(os.environ) | {
        "PREFECT_HOME": str(tmp_path),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    }
    with companions.run_guarded(serve_prefect.command("127.0.0.1", port), own, subprocess.DEVNULL) as before:
        url = f"http://127.0.0.1:{port}/api"
        assert companions.comes_up(url, port, before)
        (tmp_path / "api_url").write_text(f"{url} {before.pid}")
        with companions.prefect_server(tmp_path, os.environ | {"PREFECT_API_AUTH_STRING": ""}) as mine:
            assert mine.url != url
            assert prefect_api.is_guarded(mine)
        assert before.poll() is None


def test_a_proxy_of_the_machine_hears_nothing_of_what_we_say_to_our_own_server(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert prefect_api.accepts_auth(api)


def test_a_broken_database_of_a_kind_that_nobody_looks_for_is_kept_aside_when_the_server_cannot_begin(
    tmp_path: Path,
) -> None:
    """A revision that is known, and tables that are not its."""
    with closing(sqlite3.connect(tmp_path / "prefect.db")) as database, database:
        database.execute("CREATE TABLE alembic_version (version_num TEXT)")
        database.execute("INSERT INTO alembic_version VALUES ('f416ea180ae1')")
    said: list[str] = []
    with companions.prefect_server(tmp_path, os.environ | {"PREFECT_API_AUTH_STRING": ""}, said.append) as api:
        assert prefect_api.accepts_auth(api)
    assert [line.count("\n") for line in said] == [0]
    assert "the server ends as it begins" in said[0]


def test_in_a_container_it_is_the_same_server(tmp_path: Path) -> None:
    """As docker-compose.yml starts it, on a port of this machine."""
    port = free_port()
    (tmp_path / "prefect").mkdir()
    (tmp_path / "prefect" / "prefect.db").write_bytes(os.urandom(5000))
    words = ["-m", "app.sync.serve_prefect", str(tmp_path / "prefect"), str(tmp_path / "auth"), "--host", "127.0.0.1"]
    environment = os.environ | {"DASHBOARD_PASSWORD": "hush", "PREFECT_API_AUTH_STRING": ""}
    with subprocess.Popen(
        [sys.executable, *words, "--port", str(port)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        url = f"http://127.0.0.1:{port}/api"
        assert companions.comes_up(url, port, process)
        assert prefect_api.is_guarded(Api(url, prefect_api.written(tmp_path / "auth")))
        assert "hush" not in psutil.Process(process.pid).environ().values()
        process.terminate()
        _, said = process.communicate(timeout=30)
    assert "is kept as prefect.db." in said
