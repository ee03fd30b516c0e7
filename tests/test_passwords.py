"""A password kept as a hash: how one is made, what counts as one, and that the board asks for it as for a plain one."""

import os
import pty
import subprocess
import sys

import pytest
from werkzeug.security import check_password_hash, generate_password_hash

from app.web import passwords
from tests.conftest import ROOT, make_app

PASSWORD = "correct horse battery"
COMMAND = [sys.executable, "-m", "app.web.passwords"]


def make(typed: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *arguments], cwd=ROOT, input=typed, capture_output=True, text=True, check=False)


def test_the_command_prints_the_line_for_the_env_file_and_not_the_password():
    done = make(f"{PASSWORD}\n")
    name, _, kept = done.stdout.strip().partition("=")
    assert (done.returncode, name) == (0, "DASHBOARD_PASSWORD_HASH")
    assert check_password_hash(kept.strip("'"), PASSWORD)
    assert PASSWORD not in done.stdout + done.stderr
    assert make(f"{PASSWORD}\n").stdout != done.stdout, "the salt is another one each time"


@pytest.mark.parametrize(("typed", "arguments", "said"), [
    ("short\n", [], "at least 10 characters"),
    ("", [], "at least 10 characters"),
    ("", [PASSWORD], "does not belong on a command line"),
])  # fmt: skip
def test_what_makes_no_password_gets_one_sentence(typed, arguments, said):
    done = make(typed, *arguments)
    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert PASSWORD not in done.stderr


def test_at_a_terminal_it_is_typed_twice_and_not_shown():
    for second, status in ((PASSWORD, 0), ("something else", 1)):
        ours, theirs = pty.openpty()
        # A session of its own, so that this is its terminal.
        process = subprocess.Popen(
            COMMAND, cwd=ROOT, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
        )
        os.close(theirs)
        seen = b""
        for prompt, typed in ((b"password: ", PASSWORD), (b"Once more: ", second)):
            while not seen.endswith(prompt):
                seen += os.read(ours, 1024)
            os.write(ours, f"{typed}\n".encode())
        while True:
            try:
                seen += os.read(ours, 1024)
            except OSError:
                break
        os.close(ours)
        assert process.wait(timeout=20) == status
        assert PASSWORD.encode() not in seen
        assert (b"DASHBOARD_PASSWORD_HASH='scrypt:" in seen) == (status == 0)


def test_werkzeugs_hashes_are_understood_and_other_passwords_are_not():
    kept = generate_password_hash(PASSWORD)
    tried = {
        text: passwords.matches_in_subprocess(text, kept) for text in (PASSWORD, "", "wrong", PASSWORD + "\n", "пароль")
    }
    assert tried == {PASSWORD: True, "": False, "wrong": False, PASSWORD + "\n": False, "пароль": False}
    assert passwords.matches_in_subprocess("пароль и соль", passwords.hashed("пароль и соль"))


def test_a_hash_locks_the_board_as_a_password_does(uri):
    kept = passwords.hashed(PASSWORD)
    client = make_app(uri, DASHBOARD_PASSWORD_HASH=kept).test_client()
    assert client.get("/stats/").location == "/login?next=/stats/"
    answer = client.post("/login", data={"password": kept})
    assert (answer.status_code, "make password" in answer.text, kept in answer.text) == (403, True, False)
    assert client.post("/login", data={"password": PASSWORD}).status_code == 302
    assert client.get("/stats/").status_code == 200
    assert "sync" in client.get("/healthz?deep=1").json
    changed = make_app(uri, DASHBOARD_PASSWORD_HASH=passwords.hashed(PASSWORD)).test_client()
    name = client.application.config["SESSION_COOKIE_NAME"]
    changed.set_cookie(name, client.get_cookie(name).value)
    assert changed.get("/stats/").status_code == 302, "another hash signs everybody out"
