"""https at home: the board behind the nginx of deploy/, with a certificate of its own, as docs/https.md tells."""

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
import socketio

from tests.conftest import ROOT, execute
from tests.serving import NAMESPACE, PATIENCE, Board, free_port, serving, wait_until
from tests.test_replicas import NGINX

PASSWORD = "correct horse battery"
SAMPLES = ("nginx.conf", "nginx-https.conf")
HEADERS = {"Host": "$http_host", "X-Forwarded-For": "$remote_addr", "Upgrade": "$http_upgrade"}
WHOLE = "pid nginx.pid; error_log stderr warn; events {{}} http {{ access_log off; {paths} {inner} }}"
PATHS = "".join(f"{name}_temp_path {name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))


@pytest.mark.parametrize("sample", SAMPLES)
def test_a_sample_passes_on_what_the_board_asks_for(sample: str) -> None:
    said = dict(re.findall(r"proxy_set_header (\S+) +(\S+);", (ROOT / "deploy" / sample).read_text()))
    assert {name: said.get(name) for name in HEADERS} == HEADERS
    assert said["X-Forwarded-Proto"] in ("$scheme", "$scheme_outside")
    assert said["Connection"] in ("$connection_header", "$sevenday_connection")


def test_the_document_names_every_sample_and_its_settings_and_caddys_changes_no_header() -> None:
    document = (ROOT / "docs" / "https.md").read_text()
    for sample in ("Caddyfile", "nginx-https.conf"):
        assert f"(../deploy/{sample})" in document
    caddy = re.sub("#.*", "", (ROOT / "deploy" / "Caddyfile").read_text())
    assert caddy.split() == ["board.example.org", "{", "reverse_proxy", "127.0.0.1:5000", "}"]


def certificate(folder: Path) -> str:
    """A CA's own for localhost; returns its file, and writes the key beside it."""
    made = str(folder / "board.pem")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost", "-keyout", str(folder / "board-key.pem"), "-out", made],
        check=True, capture_output=True,
    )  # fmt: skip
    return made


@contextmanager
def behind(board: Board, folder: Path, port: int, certified: str) -> Iterator[str]:
    """The sample, of which only the addresses and files are others."""
    if NGINX is None:
        pytest.fail("nginx is not on this machine; tests/find-tools brings it")
    text = (ROOT / "deploy" / "nginx-https.conf").read_text()
    for mine, other in (
        ("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"),
        ("server_name board.example.org", "server_name localhost"),
        ("/etc/ssl/board.example.org-key.pem", str(folder / "board-key.pem")),
        ("/etc/ssl/board.example.org.pem", certified),
        ("http://127.0.0.1:5000", board.url),
    ):
        assert text.count(mine) == 1, mine
        text = text.replace(mine, other)
    (folder / "nginx.conf").write_text(WHOLE.format(paths=PATHS, inner=text))
    command = [NGINX, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-g", "daemon off; user root;"]
    with (folder / "nginx.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        address = f"https://localhost:{port}"
        wait_until(lambda: reachable(address, certified))
        yield address
    finally:
        process.terminate()
        process.wait(30)


def reachable(address: str, certified: str) -> bool:
    try:
        return requests.get(f"{address}/healthz", verify=certified, timeout=5).ok
    except requests.RequestException:
        return False


def test_a_phone_signs_in_saves_and_hears_the_board_by_https(uri: str, tmp_path: Path) -> None:
    port, certified = free_port(), certificate(tmp_path)
    public = f"https://localhost:{port}"
    settings = {"PUBLIC_BASE_URL": public, "TRUSTED_PROXIES": "1", "DASHBOARD_PASSWORD": PASSWORD, "DEMO": "0"}
    with serving(uri, tmp_path / "web.log", **settings) as board, behind(board, tmp_path, port, certified):
        phone = requests.Session()
        phone.verify, phone.trust_env = certified, False
        assert phone.get(f"{public}/stats/livefeed").url.startswith(f"{public}/login?")
        answer = send(phone, f"{public}/login", password=PASSWORD)
        assert answer.headers["Strict-Transport-Security"]
        assert answer.url == f"{public}/stats/livefeed"
        assert all(cookie.secure and cookie.name.startswith("__Host-") for cookie in phone.cookies)
        assert phone.get(f"{public}/worker.js").headers["Content-Type"].startswith("text/javascript")
        assert phone.get(f"{public}/manifest.webmanifest").json()["start_url"] == "/stats/livefeed"
        hears(phone, public, uri)
        assert "Saved 72.4" in send(phone, f"{public}/log/", kind="weight", weight="72.4").text


def send(phone: requests.Session, address: str, **fields: str) -> requests.Response:
    """As a browser does: the form's token, and where the form was."""
    token = phone.get(address).text.split('name="csrf_token" value="')[1].split('"')[0]
    answer = phone.post(address, data=fields | {"csrf_token": token}, headers={"Referer": address})
    assert answer.ok, answer.text
    return answer


def hears(phone: requests.Session, address: str, uri: str) -> None:
    """By a WebSocket, as any page does."""
    heard: list[object] = []
    client = socketio.Client(http_session=phone, request_timeout=PATIENCE, reconnection=False)
    client.on("stats_vals", lambda message: heard.append(message["data"]["weight"]), namespace=NAMESPACE)
    client.connect(address, transports=["websocket"], namespaces=[NAMESPACE], wait_timeout=PATIENCE)
    try:
        execute(uri, "INSERT INTO fitbit_weight (weight, record_date) VALUES (71.9, current_date)")
        wait_until(lambda: any(heard))
    finally:
        client.disconnect()
