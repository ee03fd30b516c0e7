"""What `docker compose up` promises, read from its files. `tests/images` builds the images and runs what is in them."""

import ast
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

import pytest
import yaml

import run
from app.sync import serve_prefect
from tests.conftest import ROOT

COMPOSE_TEXT = (ROOT / "docker-compose.yml").read_text()
COMPOSE = yaml.safe_load(COMPOSE_TEXT)
SERVICES: dict[str, Any] = COMPOSE["services"]
DOCKERFILES = {
    "server": ("wsgi", "gunicorn.conf", "logs"),
    "updater": ("tasks", "backup", "app.sync.companions", "app.sync.serve_prefect", "simulator.__main__"),
}
"""Each image with the modules that it starts."""
FOUR, EXTRA = {"api", "updater", "prefect", "db"}, {"replica", "balancer"}
BASES = {"node:22-bookworm-slim", "python:3.11-slim-bookworm"}
CONFIG_TEXT = (ROOT / "config.py").read_text()
SETTINGS = set(re.findall(r'_env\.\w+\(\s*"([A-Z_]+)"', CONFIG_TEXT))
DEFAULTS = dict(re.findall(r'_env\.(?:whole|number|choice|address)\("([A-Z_]+)", "?([\w.]+)', CONFIG_TEXT))
"""The defaults that are plain figures and words."""
del DEFAULTS["METRICS_PORT"]  # whose 0 stands for none
PI_BYTES = 2 * 1024**3
COMPOSE_ONLY = {"POSTGRES_PASSWORD", "BALANCER_PORT"}
"""What compose reads and the program does not."""
INTERNAL = {"SIMULATOR_URL"}
"""Set by the updater for its own flow runs."""
PLACES = {
    "CREDS_DIR": "/app/creds",
    "INSTANCE_DIR": "/app/instance",
    "PREFECT_API_AUTH_STRING_FILE": "/app/prefect-auth/auth",
}
INTERPOLATION = re.compile(r"\$\{(\w+):-([^}]*)\}")
SECRET = re.compile("SECRET|PASSWORD|TOKEN|KEY")


def with_defaults(text: str) -> str:
    """What compose makes of `text` where nothing is set."""
    return INTERPOLATION.sub(r"\2", text)


def copied(image: str) -> set[str]:
    """The paths that an image takes from the repository."""
    lines = re.findall(r"^COPY (?!--from)(.+)$", (ROOT / f"Dockerfile_{image}").read_text(), re.MULTILINE)
    return {source for line in lines for source in line.split()[:-1]}


def module_file(name: str) -> Path | None:
    """The file of one of our own modules or packages; None for anybody else's."""
    path = ROOT / name.replace(".", "/")
    return next((file for file in (path.with_suffix(".py"), path / "__init__.py") if file.is_file()), None)


def imported(file: Path) -> set[str]:
    """Every module that `file` imports, at its top or later on."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def needed(*starts: str) -> set[str]:
    """The top-level files and folders of ours that run when `starts` do."""
    seen: set[Path] = set()
    todo = [
        ROOT / f"{start.replace('.', '/')}.py" if start != "gunicorn.conf" else ROOT / "gunicorn.conf.py"
        for start in starts
    ]
    while todo:
        file = todo.pop()
        if file not in seen:
            seen.add(file)
            todo += [found for name in imported(file) if (found := module_file(name))]
    return {file.relative_to(ROOT).parts[0] for file in seen}


def limit(name: str) -> int:
    """Bytes of memory that a service and all its copies may take."""
    copies = SERVICES[name].get("deploy", {}).get("replicas", 1)
    return int(SERVICES[name]["mem_limit"].removesuffix("m")) * 1024**2 * copies


def test_compose_has_four_services_and_two_more_in_a_profile() -> None:
    assert {name for name, service in SERVICES.items() if "profiles" not in service} == FOUR
    assert {name for name, service in SERVICES.items() if service.get("profiles") == ["replicas"]} == EXTRA
    assert set(SERVICES) == FOUR | EXTRA


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_writes_to_its_volumes_and_to_memory_only_and_can_gain_no_rights(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not service.get("privileged")
    assert "/tmp" in service["tmpfs"]
    assert "cap_add" not in service or name == "db"


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_keeps_a_limited_log(name: str) -> None:
    assert SERVICES[name]["logging"]["options"] == {"max-size": "10m", "max-file": "3"}


def test_the_memory_limits_leave_a_machine_of_2_gb_room_for_itself() -> None:
    assert sum(limit(name) for name in FOUR) <= 0.75 * PI_BYTES
    assert sum(limit(name) for name in SERVICES) < 1.1 * PI_BYTES  # who runs replicas has more


def test_a_replica_is_the_web_service_without_a_port_of_its_own() -> None:
    replica, api = dict(SERVICES["replica"]), dict(SERVICES["api"])
    assert replica.pop("ports") == []
    assert replica.pop("environment") == api.pop("environment") | {"TRUSTED_PROXIES": "1"}
    assert replica.pop("deploy")["replicas"] >= 2
    assert replica.pop("profiles")
    del api["ports"]
    assert replica == api


def test_the_balancer_asks_the_replicas_where_they_listen() -> None:
    conf = (ROOT / "deploy" / "nginx.conf").read_text()
    assert f"server replica:{SERVICES['api']['environment']['LISTEN_PORT']} resolve " in conf
    assert "listen 8080;" in conf
    assert [with_defaults(port) for port in SERVICES["balancer"]["ports"]] == ["127.0.0.1:8080:8080"]
    assert SERVICES["balancer"]["volumes"] == ["./deploy/nginx.conf:/etc/nginx/nginx.conf:ro"]
    version = re.fullmatch(r"nginx:(\d+)\.(\d+)-bookworm", SERVICES["balancer"]["image"])
    assert version
    assert (int(version[1]), int(version[2])) >= (1, 28)  # from 1.27.3 on it looks the replicas up again by itself


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_has_a_health_check_and_comes_back_by_itself(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"][0] == "CMD"
    assert SERVICES[name]["restart"] == "unless-stopped"


def test_the_health_checks_ask_what_each_service_is_there_for() -> None:
    asked = {name: " ".join(service["healthcheck"]["test"]) for name, service in SERVICES.items()}
    assert "/healthz" in asked["api"]
    assert "/api/health" in asked["prefect"]
    assert "pg_isready" in asked["db"]
    assert "-h 127.0.0.1" in asked["db"]  # the server that sets a new database up listens on a socket only


def test_nothing_starts_before_what_it_needs_is_healthy() -> None:
    assert SERVICES["api"]["depends_on"] == {"db": {"condition": "service_healthy"}}
    assert SERVICES["updater"]["depends_on"] == {
        "db": {"condition": "service_healthy"},
        "prefect": {"condition": "service_healthy"},
    }


def test_everything_is_published_on_loopback_unless_bind_address_says_otherwise() -> None:
    assert [with_defaults(port) for port in SERVICES["api"]["ports"]] == ["127.0.0.1:5000:5000"]
    assert SERVICES["api"]["ports"][0].startswith("${BIND_ADDRESS:-")


def test_prefect_is_never_published_beyond_loopback_and_the_database_not_at_all() -> None:
    assert SERVICES["prefect"]["ports"] == ["127.0.0.1:4200:4200"]
    assert "ports" not in SERVICES["db"]
    assert "ports" not in SERVICES["updater"]


def test_the_database_is_on_a_network_of_its_own_that_leads_nowhere_else() -> None:
    assert SERVICES["db"]["networks"] == ["database"]
    assert COMPOSE["networks"]["database"] == {"internal": True}
    assert {name for name, service in SERVICES.items() if "database" in service.get("networks", [])} == {
        "api",
        "replica",
        "updater",
        "db",
    }


def test_the_database_is_a_pinned_major_with_its_volume_where_that_major_wants_it() -> None:
    major = re.fullmatch(r"postgres:(\d+)-bookworm", SERVICES["db"]["image"])
    assert major
    assert int(major[1]) >= 18
    assert SERVICES["db"]["volumes"] == ["db:/var/lib/postgresql"]


@pytest.mark.parametrize("name", ["api", "updater"])
def test_creds_and_instance_are_volumes_that_web_and_updater_share(name: str) -> None:
    assert SERVICES[name]["volumes"][:2] == ["creds:/app/creds", "instance:/app/instance"]
    assert {name: SERVICES["api"]["environment"][name] for name in PLACES} == PLACES


def test_only_prefect_makes_the_string_that_it_asks_for_and_reads_nothing_else_of_ours() -> None:
    """docker inspect shows the environment, so it is in a volume; `instance` holds the key of the sessions."""
    mounts = {name: service["volumes"] for name, service in SERVICES.items()}
    assert mounts["prefect"] == ["prefect:/app/instance", "prefect-auth:/app/prefect-auth"]
    for name in ("api", "replica", "updater"):
        assert mounts[name][2:] == ["prefect-auth:/app/prefect-auth:ro"]
    assert "prefect-auth" not in str(mounts["db"] + mounts["balancer"])


def test_every_volume_is_declared_and_prefect_keeps_its_runs_in_one() -> None:
    used = {volume.split(":")[0] for service in SERVICES.values() for volume in service["volumes"]}
    assert used - {"./deploy/nginx.conf"} == set(COMPOSE["volumes"])
    home, volume = SERVICES["prefect"]["environment"]["PREFECT_HOME"], SERVICES["prefect"]["volumes"][0]
    assert home.startswith(volume.split(":")[1])


@pytest.mark.parametrize("name", ["api", "updater"])
def test_every_setting_of_config_is_passed_on(name: str) -> None:
    environment = SERVICES[name]["environment"]
    wanted = SETTINGS - INTERNAL - (set(run.WEB_ONLY) if name == "updater" else set())
    assert wanted - set(environment) == set()
    for setting in wanted - set(PLACES):
        assert environment[setting].startswith(f"${{{setting}:-"), setting


def test_web_and_updater_use_the_composed_database_and_prefect() -> None:
    environment = SERVICES["updater"]["environment"]
    assert with_defaults(environment["SQLALCHEMY_DATABASE_URI"]) == "postgresql+psycopg2://sevenday@db/sevenday"
    assert with_defaults(environment["PREFECT_API_URL"]) == "http://prefect:4200/api"


def test_compose_holds_no_secret_but_the_documented_default_of_a_database_nobody_else_reaches() -> None:
    found = {
        (name, with_defaults(str(value)))
        for service in SERVICES.values()
        for name, value in service.get("environment", {}).items()
        if SECRET.search(name) and with_defaults(str(value))
    }
    assert found == {("PGPASSWORD", "sevenday"), ("POSTGRES_PASSWORD", "sevenday")}
    assert "\n#POSTGRES_PASSWORD=sevenday\n" in (ROOT / ".env.example").read_text()


def test_prefect_reports_to_nobody() -> None:
    environment = SERVICES["prefect"]["environment"]
    assert environment["PREFECT_SERVER_ANALYTICS_ENABLED"] == "false"
    assert environment["PREFECT_SERVER_UI_V2_ENABLED"] == "false"
    assert environment["DO_NOT_TRACK"] == "1"


def test_each_container_is_told_its_own_secrets_only() -> None:
    told = {name: set(run.SECRETS) & set(service.get("environment", {})) for name, service in SERVICES.items()}
    web = set(run.SECRETS) & SETTINGS | {"PGPASSWORD"}
    assert told["api"] == told["replica"] == web
    assert told["updater"] == web - set(run.WEB_ONLY)
    assert told["prefect"] == {"PREFECT_API_AUTH_STRING"}  # only where somebody chose one
    assert told["db"] == told["balancer"] == set()


def test_where_two_places_say_the_same_they_agree() -> None:
    """What compose tells each service, what the programs take for granted, and what people read."""
    prefect, updater = SERVICES["prefect"], SERVICES["updater"]["environment"]
    place, port = prefect["environment"].copy(), serve_prefect.PORT
    home = place.pop("PREFECT_HOME")
    assert place.pop("PREFECT_UI_STATIC_DIRECTORY").startswith(home)  # which may be written to
    assert place.pop("PREFECT_API_AUTH_STRING") == updater["PREFECT_API_AUTH_STRING"]
    assert place == serve_prefect.SERVER_SETTINGS
    assert prefect["command"] == [
        "python",
        "-m",
        "app.sync.serve_prefect",
        home,
        updater["PREFECT_API_AUTH_STRING_FILE"],
    ]
    assert prefect["ports"] == [f"127.0.0.1:{port}:{port}"]
    assert f"http://127.0.0.1:{port}/api/health" in " ".join(prefect["healthcheck"]["test"])
    assert with_defaults(updater["PREFECT_API_URL"]) == f"http://prefect:{port}/api"
    origin = serve_prefect.environment_of({}, Path(home), port, "")["PREFECT_SERVER_CORS_ALLOWED_ORIGINS"]
    assert updater["PREFECT_UI_URL"] == origin
    readme, example = (ROOT / "README.md").read_text(), (ROOT / ".env.example").read_text()
    assert f"<{origin}>" in readme
    assert f"`docker compose exec prefect cat {PLACES['PREFECT_API_AUTH_STRING_FILE']}`" in readme
    assert f"#PREFECT_API_URL=http://127.0.0.1:{port}/api\n" in example
    for name, shown in re.findall(r"^\| `(\w+)`(?: \(web\))? \| \d+ \| \d+ \| (\d+) \|$", readme, re.MULTILINE):
        assert SERVICES[name]["mem_limit"] == f"{shown}m", name
    for name, value in DEFAULTS.items():
        assert f"#{name}={value}\n" in example, name
        assert re.search(rf"^\| `{name}` \| `{value}`", readme, re.MULTILINE), name
    for name, taken in re.findall(r"\$\{(PORT|BIND_ADDRESS|POSTGRES_PASSWORD|BALANCER_PORT):-([^}]+)\}", COMPOSE_TEXT):
        assert f"#{name}={taken}\n" in example, name


def test_prefects_server_is_of_the_version_that_the_updater_has() -> None:
    assert SERVICES["prefect"]["image"] == SERVICES["updater"]["image"]
    assert SERVICES["prefect"]["build"] == SERVICES["updater"]["build"]


@pytest.mark.parametrize("settings", [{}, {"BIND_ADDRESS": "0.0.0.0", "PORT": "8080", "DASHBOARD_PASSWORD": "a$b"}])
def test_compose_itself_accepts_the_file(settings: dict[str, str]) -> None:
    command = next((tool for tool in (["docker", "compose"], ["docker-compose"]) if answers(*tool, "version")), None)
    if command is None:
        pytest.fail("neither docker compose nor docker-compose is on this machine; tests/find-tools brings one")
    done = subprocess.run(
        [*command, "--env-file", ".env.example", "--profile", "replicas", "config"],
        cwd=ROOT,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert set(yaml.safe_load(done.stdout)["services"]) == set(SERVICES)


def answers(*command: str) -> bool:
    return bool(shutil.which(command[0])) and not subprocess.run(command, capture_output=True, check=False).returncode


@pytest.mark.parametrize("image", DOCKERFILES)
def test_the_images_have_pinned_bases_and_end_as_a_user_who_is_not_root(image: str) -> None:
    text = (ROOT / f"Dockerfile_{image}").read_text()
    assert set(re.findall(r"^FROM (\S+)", text, re.MULTILINE)) <= BASES
    assert re.findall(r"^USER (\S+)", text, re.MULTILINE) == ["sevenday"]
    assert "useradd --uid 10001 " in text
    assert not re.search(r"^(ARG|ENV) .*(SECRET|PASSWORD|TOKEN)", text, re.MULTILINE)


@pytest.mark.parametrize("image", DOCKERFILES)
def test_the_dependencies_are_a_layer_of_their_own_before_the_code(image: str) -> None:
    text = (ROOT / f"Dockerfile_{image}").read_text()
    listed = "requirements.txt" if image == "server" else "requirements_updater.txt"
    assert text.index(f"COPY {listed} ./") < text.index(f"-r {listed}") < text.index("COPY app app")


@pytest.mark.parametrize("image", DOCKERFILES)
def test_an_image_holds_every_module_that_it_runs_and_no_other(image: str) -> None:
    code = {path for path in copied(image) if path.endswith(".py") or (ROOT / path / "__init__.py").exists()}
    assert code == needed(*DOCKERFILES[image])
    assert "migrations" in copied(image)


DOCKERFILE_SERVER = (ROOT / "Dockerfile_server").read_text()


def test_the_browser_files_that_the_pages_name_come_from_the_npm_stage() -> None:
    pages = "".join(page.read_text() for page in (ROOT / "app/templates").rglob("*.html"))
    line = re.search(r"^COPY --from=browser ((?:[^\n]|\\\n)+) app/static/vendor/$", DOCKERFILE_SERVER, re.MULTILINE)
    assert line
    brought = [path for path in line[1].split() if path != "\\"]
    assert all(path.startswith("/browser/node_modules/") for path in brought)
    assert {Path(path).name for path in brought} == set(re.findall(r"vendor/([\w.]+)", pages))


def test_the_build_sees_only_what_the_images_take() -> None:
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    assert lines[0] == "*"
    assert {line.removeprefix("!") for line in lines if line.startswith("!")} == copied("server") | copied("updater")


def test_env_example_names_every_setting_and_sets_none() -> None:
    text = (ROOT / ".env.example").read_text()
    assert all(line.startswith("#") for line in text.splitlines() if line)
    offered = set(re.findall(r"^#([A-Z_]+)=", text, re.MULTILINE))
    assert offered == SETTINGS - INTERNAL | COMPOSE_ONLY
    assert all(name in text for name in INTERNAL)


def test_the_entry_point_is_an_executable_script_of_a_plain_shell() -> None:
    script = ROOT / "docker-entrypoint.sh"
    assert script.read_text().startswith("#!/bin/sh\n")
    assert os.access(script, os.X_OK)
    subprocess.run(["sh", "-n", str(script)], check=True)


def test_the_entry_point_only_ever_upgrades_the_schema() -> None:
    text = (ROOT / "docker-entrypoint.sh").read_text()
    assert re.findall(r"^flask .*$", text, re.MULTILINE) == ["flask --app wsgi db upgrade"]
    assert text.rstrip().splitlines()[-1] == 'exec gunicorn "$@" wsgi:app'


@pytest.mark.parametrize(
    ("settings", "variable"),
    [
        ({}, "SQLALCHEMY_DATABASE_URI"),
        ({"SQLALCHEMY_DATABASE_URI": "postgresql+psycopg2://u:hush@host:port/db"}, "SQLALCHEMY_DATABASE_URI"),
        ({"BIND_ADDRESS": "0.0.0.0"}, "BIND_ADDRESS"),
        ({"PORT": "http"}, "PORT"),
    ],
)
def test_the_entry_point_refuses_a_setting_that_makes_no_sense_in_one_line(
    settings: dict[str, str], variable: str
) -> None:
    process = entry_point(**settings)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert output.count("\n") == 1
    assert output.startswith(f"Sevenday cannot start: {variable} is ")
    assert "hush" not in output


def test_two_entry_points_at_once_on_an_empty_database_both_serve(empty_uri: str) -> None:
    ports = [free_port(), free_port()]
    processes = [entry_point(SQLALCHEMY_DATABASE_URI=empty_uri, PORT=str(port)) for port in ports]
    served = [healthy(port) for port in ports]
    for process in processes:
        process.terminate()
    outputs = [process.communicate(timeout=30)[0] for process in processes]
    assert served == [True, True], outputs
    assert [process.returncode for process in processes] == [0, 0], outputs


def entry_point(**settings: str) -> subprocess.Popen[str]:
    """The script as it runs in a container, with the programs of these tests' own environment."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.Popen(
        ["./docker-entrypoint.sh"],
        cwd=ROOT,
        env={**os.environ, "PATH": path, **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def healthy(port: int) -> bool:
    opener = build_opener(ProxyHandler({}))
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            with opener.open(f"http://127.0.0.1:{port}/healthz", timeout=5) as response:
                return bool(response.status == 200)
        except (URLError, OSError):
            time.sleep(0.1)
    return False
