"""Our own parts are asked without a proxy, whatever the machine's environment says; a health check in compose, too."""

import http.server
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from app import proxies
from tests.conftest import ROOT
from tests.test_containers import SERVICES

NOWHERE = "127.0.0.1:9"
ENVIRONMENTS = {
    "http": {"http_proxy": f"http://{NOWHERE}"},
    "both, in capitals": {"HTTP_PROXY": f"http://{NOWHERE}", "HTTPS_PROXY": f"http://{NOWHERE}"},
    "all": {"ALL_PROXY": f"http://{NOWHERE}"},
    "socks": {"ALL_PROXY": f"socks5://{NOWHERE}", "all_proxy": f"socks5h://{NOWHERE}"},
    "with exceptions": {"http_proxy": f"http://{NOWHERE}", "no_proxy": "example.org, .local"},
    "exceptions in capitals": {"http_proxy": f"http://{NOWHERE}", "NO_PROXY": "example.org"},
}
ASKS = """
import json, sys, urllib.request, httpx, requests
from app import proxies
proxies.pass_by()
url = sys.argv[1]
print(json.dumps([requests.get(url).status_code, httpx.get(url).status_code, urllib.request.urlopen(url).status]))
"""


class Well(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def well() -> Iterator[int]:
    """The port of something that always answers 200."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Well)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()
    thread.join()


def asked(words: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        words, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.parametrize("kind", ENVIRONMENTS)
def test_every_library_reaches_this_machine_past_the_proxy(well: int, kind: str) -> None:
    done = asked([sys.executable, "-c", ASKS, f"http://127.0.0.1:{well}/"], ENVIRONMENTS[kind])
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [200, 200, 200]


@pytest.mark.parametrize("kind", ENVIRONMENTS)
@pytest.mark.parametrize("service", [name for name in SERVICES if name != "db"])
def test_every_health_check_of_compose_passes_the_proxy_by(well: int, service: str, kind: str) -> None:
    words = [sys.executable if word == "python" else word for word in SERVICES[service]["healthcheck"]["test"][1:]]
    for port in ("5000", "4200", "8080"):
        words = [word.replace(f"127.0.0.1:{port}/", f"127.0.0.1:{well}/") for word in words]
    own = {"PREFECT_API_URL": f"http://127.0.0.1:{well}/api"}
    assert asked(words, ENVIRONMENTS[kind] | own).returncode == 0


def test_what_the_person_excepts_stays_so_and_the_way_out_stays_what_it_was() -> None:
    environment = {"https_proxy": "http://proxy:3128", "no_proxy": "example.org"}
    proxies.pass_by("http://prefect:4200/api", environment=environment)
    assert environment["https_proxy"] == "http://proxy:3128"
    assert environment["no_proxy"] == environment["NO_PROXY"] == "example.org,127.0.0.1,localhost,::1,prefect"
    proxies.pass_by("http://prefect:4200/api", environment=environment)
    assert environment["no_proxy"] == "example.org,127.0.0.1,localhost,::1,prefect"


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("http://prefect:4200/api", "prefect"),
        ("http://192.168.1.5:4200/api", "192.168.1.5"),
        ("http://[::1]:4200/api", "::1"),
        ("https://api.example.org/api", None),
        ("http://8.8.8.8/api", None),
        (None, None),
    ],
)
def test_only_what_is_on_our_own_network_is_our_own_part(address: str | None, host: str | None) -> None:
    assert proxies.own_host(address) == host
