"""Tokens in their file: understood or left alone, saved whole or not at all, one writer at a time."""

import errno
import os
import threading

import pytest

from app.sources.errors import GiveUp, Reconnect
from app.sources.oauth import Token, TokenFile

TOKEN = Token("access-SECRET-a", "refresh-SECRET-a", 1_795_342_150)


@pytest.fixture
def file(tmp_path):
    file = TokenFile(tmp_path / "strava.json")
    file.save(TOKEN)
    return file


def no_space(*_):
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_file_written_by_hand_with_three_keys_works(tmp_path):
    path = tmp_path / "strava.json"
    path.write_text('{"access_token": "a", "refresh_token": "b", "expires_at": 1795360800}')
    assert TokenFile(path).read() == Token("a", "b", 1795360800)


def test_a_missing_file_is_no_token_and_no_error(tmp_path):
    file = TokenFile(tmp_path / "nowhere" / "strava.json")
    assert file.read() is None
    assert not file.exists()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b'{"access_token": "a", "refresh_to',
        b"null",
        b"[]",
        b"\xff\xfe\xff",
        b"[" * 100_000,
        b'{"access_token": "a", "refresh_token": "b"}',
        b'{"access_token": "a", "refresh_token": "b", "expires_at": "soon"}',
        b'{"access_token": "a", "refresh_token": "b", "expires_at": true}',
        b'{"access_token": "a", "refresh_token": "b", "expires_at": NaN}',
        b'{"access_token": 5, "refresh_token": "b", "expires_at": 1}',
        b'{"access_token": "a", "refresh_token": "", "expires_at": 1}',
        b'{"access_token": "a\\nX: y", "refresh_token": "b", "expires_at": 1}',
    ],
)
def test_a_damaged_file_asks_to_connect_again_and_is_left_as_it_is(tmp_path, content):
    path = tmp_path / "strava.json"
    path.write_bytes(content)
    with pytest.raises(Reconnect, match=r"strava\.json is damaged .*; delete it and connect again\."):
        TokenFile(path).read()
    assert path.read_bytes() == content


def test_a_file_that_cannot_be_read_says_so(tmp_path):
    (tmp_path / "strava.json").mkdir()
    with pytest.raises(Reconnect, match=r"strava\.json cannot be read \(Is a directory\)"):
        TokenFile(tmp_path / "strava.json").read()


def test_only_the_owner_may_read_the_file_from_its_creation_on(tmp_path, monkeypatch):
    modes = []
    monkeypatch.setattr(os, "fsync", lambda handle: modes.append(os.fstat(handle).st_mode & 0o777))
    previous = os.umask(0)
    try:
        TokenFile(tmp_path / "creds" / "strava.json").save(TOKEN)
    finally:
        os.umask(previous)
    assert modes[0] == 0o600
    assert (tmp_path / "creds" / "strava.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_failed_save_keeps_the_old_file_and_leaves_no_draft(file, monkeypatch, step):
    before = file.path.read_bytes()
    monkeypatch.setattr(os, step, no_space)
    with pytest.raises(GiveUp, match=r"strava\.json cannot be written \(No space left on device\)"):
        file.save(Token("c", "d", 2))
    assert file.path.read_bytes() == before
    assert sorted(path.name for path in file.path.parent.iterdir()) == ["strava.json", "strava.json.lock"]


def test_what_a_crashed_save_left_behind_is_overwritten(file):
    (file.path.parent / ".strava.json.tmp").write_text("half a tok")
    file.save(Token("c", "d", 2))
    assert file.read() == Token("c", "d", 2)


def test_a_folder_that_is_a_file_is_a_plain_sentence(tmp_path):
    (tmp_path / "creds").write_text("")
    with pytest.raises(GiveUp, match="cannot be written"):
        TokenFile(tmp_path / "creds" / "strava.json").save(TOKEN)


def test_deleting_twice_is_fine(file):
    file.delete()
    file.delete()
    assert file.read() is None


def test_the_lock_may_be_nested_and_keeps_other_threads_out(file):
    order = []
    with file.locked(), file.locked():
        other = threading.Thread(target=lambda: (file.delete(), order.append("deleted")))
        other.start()
        other.join(0.1)
        order.append("released")
    other.join()
    assert order == ["released", "deleted"]
