"""The embedded PostgreSQL: it runs in any folder, changes none that is not its own, and lets nobody else in."""

import fcntl
import json
import os
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote

import psutil
import psycopg2
import pytest

from app import embedded, embedded_programs, embedded_server, embedded_user
from tests.conftest import ROOT, execute, make_app, python
from tests.second_user import as_nobody, needs_root
from tests.serving import wait_until

PLACES = {
    "a clone in one's documents": "My Projects/Sevenday – Übung/instance",
    "what a shell would take apart": 'it\'s $(touch here) `x` "q" & ; * \\ #/instance',
    "what an address would take apart": "a%20b+c@d:e=f&g?h/instance",
    "spaces that are none": "a\u00a0b\u2028c/instance",
    "a comma": "one, two/instance",
    "longer than a socket may be": "l" * 120 + "/instance",
}


def socket_folder(uri: str) -> Path:
    return Path(unquote(uri.partition("host=")[2]))


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def closed_place(tmp_path: Path, name: str) -> Path:
    """The path of an instance under a home that only its owner enters."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    (home / name).parent.mkdir(mode=0o750, parents=True)
    return home / name


@pytest.mark.parametrize("place", PLACES)
def test_it_runs_under_any_path_and_no_folder_above_it_is_changed(tmp_path: Path, place: str) -> None:
    instance = closed_place(tmp_path, PLACES[place])
    before = {path: (mode(path), path.stat().st_uid) for path in instance.parents}
    with embedded.held(str(instance)) as uri:
        execute(uri, "CREATE TABLE kept (name text); INSERT INTO kept VALUES ('Müde')")
        with make_app(uri).app_context():  # by SQLAlchemy's reading of the address, too
            from app.extensions import db

            with db.engine.connect() as connection:
                assert connection.exec_driver_sql("SELECT name FROM kept").scalar() == "Müde"
                assert connection.exec_driver_sql("SELECT upper('ä') || lower('Ö')").scalar() == "Äö"
            db.engine.dispose()
        sockets = socket_folder(uri)
        assert mode(sockets) == mode(instance) == 0o700
        assert mode(sockets / ".s.PGSQL.5432") == 0o700
    assert {path: (mode(path), path.stat().st_uid) for path in instance.parents} == before
    assert sockets.is_relative_to(instance) or not sockets.exists()
    assert not list(instance.parent.glob("here"))


@needs_root
@pytest.mark.parametrize("place", ["a clone in one's documents", "longer than a socket may be"])
def test_another_user_neither_connects_nor_reads_nor_locks(tmp_path: Path, place: str) -> None:
    # Every folder above is open, as the wheel's own helper used to leave them.
    home = Path(tempfile.mkdtemp())
    home.chmod(0o755)
    instance = home / PLACES[place]
    try:
        with embedded.held(str(instance)) as uri:
            door = str(socket_folder(uri) / ".s.PGSQL.5432")
            files = [path for path in instance.rglob("*") if path.is_file()]
            assert len(files) > 100
            server = embedded_server.running(instance / "postgres")
            assert server is not None
            assert isinstance(as_nobody(lambda: socket.socket(socket.AF_UNIX).connect(door)), PermissionError)
            assert (
                as_nobody(lambda: [path for path in files if os.access(path, os.R_OK) or os.access(path, os.W_OK)])
                == []
            )
            assert isinstance(as_nobody(lambda: os.listdir(instance)), PermissionError)
            for name in ("postgres.lock", "postgres.users", "postgres.running"):
                assert isinstance(as_nobody(lambda name=name: os.open(instance / name, os.O_RDONLY)), PermissionError)
            assert isinstance(as_nobody(lambda: os.kill(server.pid, 0)), PermissionError)
            assert all(mode(path) & 0o077 == 0 for path in instance.iterdir())
    finally:
        shutil.rmtree(home)


def start_by(code: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    return python(
        "-c", f"{code}; from app import embedded; print(embedded.uri(__import__('os').environ['X']))", **environment
    )


def test_a_locale_that_the_machine_does_not_have_keeps_nothing_from_starting(tmp_path: Path) -> None:
    done = start_by("0", X=str(tmp_path / "instance"), LANG="xx_YY.UTF-8", LC_ALL="xx_YY.UTF-8")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    "said",
    [
        {"PGSERVICE": "another"},
        {"PGCHANNELBINDING": "require"},
        {"PGHOSTADDR": "192.0.2.1", "PGPORT": "5433"},
        {"PGOPTIONS": "-c search_path=elsewhere", "PGDATESTYLE": "German", "PGCLIENTENCODING": "LATIN1"},
    ],
    ids=lambda said: "-".join(said),
)
def test_what_the_environment_says_of_another_postgresql_is_not_meant_for_this_one(
    tmp_path: Path, said: dict[str, str]
) -> None:
    ask = "connection.cursor(); c.execute(\"SELECT current_date, '✓', to_regclass('here')::text\"); print(c.fetchone())"
    code = f"""
import psycopg2, os
from app import embedded
connection = psycopg2.connect(embedded.uri(os.environ["X"]).replace("+psycopg2", ""))
connection.cursor().execute("CREATE TABLE here ()")
c = {ask}
connection.close()
"""
    done = python("-c", code, X=str(tmp_path / "instance"), **said)
    assert done.returncode == 0, done.stderr
    assert "'✓', 'here'" in done.stdout


def test_a_lock_under_the_temporary_folder_which_anybody_can_hold_keeps_nothing_from_starting(tmp_path: Path) -> None:
    with (tmp_path / ".lockfile").open("w") as theirs:
        fcntl.lockf(theirs, fcntl.LOCK_EX)
        done = start_by("0", X=str(tmp_path / "instance"), TMPDIR=str(tmp_path), XDG_RUNTIME_DIR=str(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")


@needs_root
@pytest.mark.parametrize("umask", [0o022, 0o077])
def test_root_runs_it_from_a_clone_that_nobody_else_can_enter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, umask: int
) -> None:
    newest, clone = embedded_programs.newest(), tmp_path / "root"
    postgres = embedded_programs.folders()[newest].parent
    shutil.copytree(postgres, clone / postgres.parent.name / postgres.name)
    shutil.copytree(f"{postgres.parent}.libs", f"{clone / postgres.parent.name}.libs")
    for path in clone.rglob("*"):
        path.chmod(path.stat().st_mode & ~umask)
    clone.chmod(0o700)
    monkeypatch.setattr(
        embedded_programs, "folders", lambda: {newest: clone / postgres.parent.name / postgres.name / "bin"}
    )
    with embedded.held(str(clone / "instance")) as uri:
        execute(uri, "DO $$ BEGIN PERFORM 1; END $$")  # in PL/pgSQL, a library that is loaded when it is needed
    assert mode(clone) == 0o700


@needs_root
def test_root_of_a_container_runs_it_with_the_few_rights_that_it_has(tmp_path: Path) -> None:
    docker = "chown,dac_override,fowner,fsetid,kill,setgid,setuid,setpcap,net_bind_service,sys_chroot,setfcap"
    few = ["setpriv", f"--bounding-set=-all,{','.join('+' + name for name in docker.split(','))}", sys.executable, "-c"]
    code = f"""
import psycopg2
from app import embedded
for statement in ("CREATE TABLE kept (id int)", "INSERT INTO kept VALUES (1)"):
    with embedded.held({str(tmp_path / "instance")!r}) as uri:
        connection = psycopg2.connect(uri.replace("+psycopg2", ""))
        connection.autocommit = True
        connection.cursor().execute(statement)
        connection.close()
"""
    done = subprocess.run([*few, code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr


@needs_root
def test_as_root_without_the_right_to_pass_closed_folders_it_says_one_line(tmp_path: Path) -> None:
    lacking = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", sys.executable, "-c"]
    code = f"from app import embedded; embedded.uri({str(tmp_path / 'instance')!r})"
    done = subprocess.run([*lacking, code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "start it as an ordinary user" in done.stderr


def test_its_last_user_stops_it_and_one_that_was_killed_is_none(tmp_path: Path) -> None:
    code = f"from app import embedded; print(embedded.uri({str(tmp_path)!r}), flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        address = other.stdout.readline().decode().strip()
        with embedded.held(str(tmp_path)) as uri, embedded.held(str(tmp_path)):
            assert uri == address
        execute(address, "CREATE TABLE kept (id int)")  # the other one still uses it
        other.kill()
    execute(address, "INSERT INTO kept VALUES (1)")  # and could not stop it
    with embedded.held(str(tmp_path)):
        pass
    assert embedded_server.running(tmp_path / "postgres") is None
    with pytest.raises(psycopg2.OperationalError):
        execute(address, "SELECT 1")


def test_one_that_has_not_said_yet_who_it_is_is_stopped_too(tmp_path: Path) -> None:
    """As by Ctrl-C in the moment of its start."""
    with embedded.held(str(tmp_path)):
        pass
    data = tmp_path / "postgres"
    for seconds in (0, 0.005, 0.02, 0.05):
        embedded_server.spawn(tmp_path, data)
        time.sleep(seconds)
        embedded_server.stop(data)
        assert not embedded_server.works(data), seconds


def test_a_start_that_was_killed_half_way_keeps_nothing_from_starting(tmp_path: Path) -> None:
    data = tmp_path / "postgres"
    for folder in (data, tmp_path / "postgres.draft"):
        (folder / "base").mkdir(parents=True)
        (folder / "base" / "1").write_text("half")
    with embedded.held(str(tmp_path)) as uri:
        execute(uri, "SELECT 1")
    put_aside = next(tmp_path.glob("postgres.unfinished-*"))
    assert (put_aside / "base" / "1").read_text() == "half"


def test_it_comes_back_at_the_same_address_unless_somebody_else_has_taken_that(tmp_path: Path) -> None:
    instance = tmp_path / PLACES["longer than a socket may be"]
    with embedded.held(str(instance)) as uri:
        sockets = socket_folder(uri)
    assert not sockets.exists()
    with embedded.held(str(instance)) as again:
        assert again == uri
    sockets.mkdir(mode=0o777)
    sockets.chmod(0o777)
    try:
        with embedded.held(str(instance)) as elsewhere:
            assert mode(socket_folder(elsewhere)) == 0o700
            assert elsewhere != uri
        assert list(sockets.iterdir()) == []
    finally:
        sockets.rmdir()


@contextmanager
def started_by_an_earlier_release(instance: Path, sockets: Path) -> Iterator[psutil.Process]:
    """A server of the wheel's making: no lock of ours, its socket for everybody, its users in a file."""
    data = instance / "postgres"
    with embedded.held(str(instance)) as uri:
        execute(uri, "CREATE TABLE kept (id int); INSERT INTO kept VALUES (1)")
    for left in instance.glob("postgres.*"):
        left.unlink()
    sockets.mkdir(exist_ok=True)
    sockets.chmod(0o777 if sockets != data else 0o700)
    words = ["-D", data, "-c", "listen_addresses=", "-k", sockets, "-c", "unix_socket_permissions=0777"]
    command = embedded_user.command(embedded_user.owner(data), embedded_programs.of(data) / "postgres", *words)
    (data / ".handle_pids.json").write_text(json.dumps([2**22 + 1]))  # a process that is no more
    with subprocess.Popen(command, cwd="/", env={"LC_ALL": "C"}, stderr=subprocess.DEVNULL) as process:
        wait_until(lambda: (server := embedded_server.running(data)) and server.ready)
        yield psutil.Process(process.pid)
        process.wait(30)


def test_a_server_that_an_earlier_release_left_running_is_used_and_stopped(tmp_path: Path) -> None:
    earlier = started_by_an_earlier_release(tmp_path, tmp_path / "postgres")
    with earlier as process, embedded.held(str(tmp_path)) as uri:
        execute(uri, "INSERT INTO kept VALUES (2)")
        assert process.is_running()
    with embedded.held(str(tmp_path)) as uri:
        execute(uri, "ALTER TABLE kept ADD CHECK (id IN (1, 2)); INSERT INTO kept VALUES (1)")


def test_one_that_everybody_can_reach_is_started_anew_behind_a_closed_door(tmp_path: Path) -> None:
    with started_by_an_earlier_release(tmp_path, tmp_path / "open") as process, embedded.held(str(tmp_path)) as uri:
        assert not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
        assert socket_folder(uri) == tmp_path / "postgres"
        execute(uri, "INSERT INTO kept VALUES (2)")


def test_one_that_an_earlier_release_still_uses_is_left_running(tmp_path: Path) -> None:
    with started_by_an_earlier_release(tmp_path, tmp_path / "postgres") as process:
        users = tmp_path / "postgres" / ".handle_pids.json"
        users.write_text(json.dumps([os.getppid()]))
        with embedded.held(str(tmp_path)) as uri:
            execute(uri, "INSERT INTO kept VALUES (2)")
        assert embedded_server.running(tmp_path / "postgres")
        users.write_text("[]")
        with embedded.held(str(tmp_path)):
            assert process.is_running()


@needs_root
def test_a_database_of_another_user_is_refused_in_one_line() -> None:
    home = Path(tempfile.mkdtemp())
    home.chmod(0o755)
    try:
        with embedded.held(str(home / "instance")):
            pass
        refused = str(as_nobody(lambda: embedded.uri(str(home / "instance"))))
        assert refused.startswith(f"Sevenday cannot start: INSTANCE_DIR is '{home / 'instance'}'; it takes a folder")
        assert "Permission denied" in refused
        assert "\n" not in refused
    finally:
        shutil.rmtree(home)
