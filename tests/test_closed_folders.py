"""INSTANCE_DIR and CREDS_DIR are for their owner alone, a folder that serves other things too is left as it is, and a
file that a power cut has emptied stops no start."""

import hashlib
import os
import stat
from pathlib import Path

import pytest

from app.sources.secret_file import SecretFile
from tests.conftest import python
from tests.second_user import as_nobody, needs_root

READ = "import hashlib; from config import Config; print(hashlib.sha256(Config.SECRET_KEY.encode()).hexdigest())"
"""Prints the key's digest: what the tests print is searched for secrets."""


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def started(folder: Path, **settings: str) -> str:
    done = python("-c", READ, INSTANCE_DIR=str(folder / "instance"), CREDS_DIR=str(folder / "creds"), **settings)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.strip()


def digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def filled(folder: Path, *names: str) -> Path:
    folder.mkdir()
    for name in names:
        (folder / name).write_text("{}")
    folder.chmod(0o755)
    return folder


def test_the_folders_of_an_earlier_release_are_closed_when_it_starts(tmp_path: Path) -> None:
    instance = filled(tmp_path / "instance", "secret_key", "postgres", "prefect", "demo")
    creds = filled(tmp_path / "creds", "strava.json", "strava.json.lock", ".fitbit.json.tmp", "fitbit_client.json")
    started(tmp_path)
    assert (mode(instance), mode(creds)) == (0o700, 0o700)


def test_a_folder_that_is_made_is_closed_from_its_first_moment(tmp_path: Path) -> None:
    started(tmp_path)
    assert mode(tmp_path / "instance") == 0o700
    SecretFile(tmp_path / "creds" / "strava.json").store({})
    assert mode(tmp_path / "creds") == 0o700
    (tmp_path / "later").mkdir(mode=0o755)
    python("-c", READ, INSTANCE_DIR=str(tmp_path / "later"))
    assert mode(tmp_path / "later") == 0o700


@pytest.mark.parametrize("names", [[], ["notes.txt"], ["strava.json", "holiday"], [".bashrc", "secret_key"]])
def test_a_folder_that_serves_other_things_is_left_as_it_is(tmp_path: Path, names: list[str]) -> None:
    home = filled(tmp_path / "creds", *names)
    started(tmp_path, SECRET_KEY="mine")
    assert mode(home) == 0o755
    instance = filled(tmp_path / "instance", *names, "more")
    started(tmp_path)
    assert mode(instance) == 0o755
    assert all(
        mode(path) == 0o600 for path in instance.iterdir() if path.name == "secret_key" and path.read_text() != "{}"
    )


@needs_root
def test_a_folder_of_another_user_is_left_as_it_is(tmp_path: Path) -> None:
    creds = filled(tmp_path / "creds", "strava.json")
    os.chown(creds, 65534, -1)
    started(tmp_path)
    assert mode(creds) == 0o755


@needs_root
@pytest.mark.parametrize("before", [None, 0o666])
def test_nobody_else_can_hold_the_lock_of_a_token_file(tmp_path: Path, before: int | None) -> None:
    lock = tmp_path / "strava.json.lock"
    if before:
        lock.touch()
        lock.chmod(before)
    SecretFile(tmp_path / "strava.json").store({})
    assert mode(lock) == 0o600
    held = os.open(tmp_path, os.O_PATH)  # a way in, as where the folder is open
    assert isinstance(as_nobody(lambda: os.open("strava.json.lock", os.O_RDONLY, dir_fd=held)), PermissionError)


@pytest.mark.parametrize("left", [b"", b"\n", b"\0" * 64, b"\xff\xfe\0"], ids=["empty", "a line", "zeros", "garbage"])
def test_a_key_that_a_power_cut_has_emptied_is_made_again_once(tmp_path: Path, left: bytes) -> None:
    key = tmp_path / "instance" / "secret_key"
    key.parent.mkdir()
    key.write_bytes(left)
    key.chmod(0o644)
    made = started(tmp_path)
    assert len(key.read_text()) == 64
    assert started(tmp_path) == made == digest(key.read_text())
    assert mode(key) == 0o600


def test_a_key_of_ones_own_is_kept_however_it_is_written(tmp_path: Path) -> None:
    key = tmp_path / "instance" / "secret_key"
    key.parent.mkdir()
    key.write_text("two lines of\nbase64 – ü==\n")
    assert started(tmp_path) == digest("two lines of\nbase64 – ü==")


def test_those_who_find_the_key_empty_at_once_make_the_same_one(tmp_path: Path) -> None:
    code = f"""
import os, pathlib, config
key = pathlib.Path({str(tmp_path / "instance" / "secret_key")!r})
key.write_bytes(b"")
ends = [os.pipe() for _ in range(8)]
for _, end in ends:
    if os.fork() == 0:
        os.write(end, config.load_or_create_secret_key(str(key.parent)).encode())
        os._exit(0)
print(len({{os.read(begin, 64) for begin, _ in ends}}))
"""
    done = python("-c", code, INSTANCE_DIR=str(tmp_path / "instance"))
    assert (done.stdout, done.stderr) == ("1\n", "")


def test_the_key_is_on_the_disk_before_it_is_used(tmp_path: Path) -> None:
    code = f"""
import os
done = []
fsync, link = os.fsync, os.link
os.fsync = lambda handle: (done.append("sync"), fsync(handle))
os.link = lambda *paths: (done.append("link"), link(*paths))
{READ}
print(done)
"""
    done = python("-c", code, INSTANCE_DIR=str(tmp_path / "instance"))
    assert done.stdout.splitlines()[1] == "['sync', 'link', 'sync']"
