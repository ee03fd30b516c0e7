"""A backup from anywhere: nothing in it runs, fills the memory, or brings back what was signed out."""

import gzip
import hashlib
import io
import json
import random
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask

import backup
from app.backup_file import MANIFEST, MOST_BYTES, Unusable, pack
from app.extensions import db
from tests.conftest import ROOT, execute, make_app
from tests.test_backup import stored
from tests.test_embedded_upgrade import asked

Files = dict[str, bytes]
MUTANTS = 150
WEIGHT = "tables/fitbit_weight.csv"


@pytest.fixture
def creds(tmp_path: Path) -> Path:
    folder = tmp_path / "creds"
    folder.mkdir()
    (folder / "strava.json").write_text('{"access_token": "kept"}')
    return folder


@pytest.fixture
def board(uri: str, creds: Path) -> Iterator[Flask]:
    execute(uri, "INSERT INTO fitbit_weight (weight, record_date) VALUES (70.5, '2026-11-25'), (71, '2026-11-26')")
    execute(uri, "INSERT INTO strava_activity (id, name, start_date_local) VALUES (7, E'\"a\", b', now())")
    app = make_app(uri, CREDS_DIR=str(creds))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def saved(board: Flask, tmp_path: Path) -> bytes:
    backup.save(str(tmp_path / "good.tar.gz"))
    return (tmp_path / "good.tar.gz").read_bytes()


def opened(packed: bytes) -> Files:
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        return {member.name: archive.extractfile(member).read() for member in archive}  # type: ignore[union-attr]


def closed(files: Files, kind: bytes = tarfile.REGTYPE, times: int = 1, resum: bool = True) -> bytes:
    """A backup with sums that are right, whatever else is not."""
    if resum and MANIFEST in files:
        sums = {name: hashlib.sha256(data).hexdigest() for name, data in files.items() if name != MANIFEST}
        about = json.loads(files[MANIFEST])
        files = files | {MANIFEST: json.dumps(about | {"sha256": sums}).encode()}
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for _ in range(times):
            for name, data in files.items():
                member = tarfile.TarInfo(name)
                member.size, member.type = len(data), tarfile.REGTYPE if name == MANIFEST else kind
                archive.addfile(member, io.BytesIO(data))
    return out.getvalue()


def refused(packed: bytes, tmp_path: Path) -> str:
    """The one sentence with which `backup.py restore` ends, as its `main` puts it; '' where it restored."""
    file = tmp_path / "mutant.tar.gz"
    file.write_bytes(packed)
    try:
        backup.restore(str(file))
    except backup.REFUSALS as error:
        return backup.refusal("restore", str(file), error)
    return ""


def with_header(columns: str) -> Callable[[Files], Files]:
    def change(files: Files) -> Files:
        return files | {WEIGHT: columns.encode() + files[WEIGHT][files[WEIGHT].index(b"\n") :]}

    return change


def without(name: str) -> Callable[[Files], Files]:
    return lambda files: {key: data for key, data in files.items() if key != name}


def about(**what: object) -> Callable[[Files], Files]:
    return lambda files: files | {MANIFEST: json.dumps(json.loads(files[MANIFEST]) | what).encode()}


EXECUTES = "id\") FROM PROGRAM 'touch {} #' --"
COLUMNS = "the columns of fitbit_weight are not those"
TABLES = "its tables are not those"
ODD = "it holds what no backup of Sevenday does"
DAMAGED = "it is no backup of Sevenday, or it is damaged"
CHANGES: dict[str, tuple[Callable[[Files], Files], str]] = {
    "a column that is none": (with_header("id,weight,nonsense"), COLUMNS),
    "a column twice": (with_header("id,id"), COLUMNS),
    "a column that ends the statement": (with_header('"id"") FROM STDIN; DROP TABLE fitbit_weight --"'), COLUMNS),
    "no columns": (lambda files: files | {WEIGHT: b""}, COLUMNS),
    "columns that are no text": (lambda files: files | {WEIGHT: b"\xff\xfe\n"}, "it is damaged"),
    "a row of another table": (with_header("weight,record_date"), "extra data after last expected column"),
    "a table that is missing": (without(WEIGHT), TABLES),
    "a table of the system": (lambda files: files | {"tables/pg_authid.csv": b"rolname\nx\n"}, TABLES),
    "the revision as a table": (lambda files: files | {"tables/alembic_version.csv": b"version_num\n9\n"}, TABLES),
    "a path that leads out": (lambda files: files | {"creds/../../x.json": b"{}"}, ODD),
    "an absolute path": (lambda files: files | {"/etc/cron.d/x": b""}, ODD),
    "a hidden file": (lambda files: files | {"creds/.env": b""}, ODD),
    "another manifest": (lambda files: files | {"tables/sevenday.json": b"{}"}, ODD),
    "more files than any": (lambda files: files | {f"creds/a{n}.json": b"{}" for n in range(100)}, DAMAGED),
    "a revision that is a pattern": (about(revision="*"), "it is damaged"),
    "a revision that leads out": (about(revision="../versions/0001"), "it is damaged"),
    "a revision that is a number": (about(revision=1), "it is damaged"),
    "a revision that is a list": (about(revision=["0001"]), "it is damaged"),
    "a format that is true": (about(format=True), "it is damaged"),
    "a format that is text": (about(format="1"), "it is damaged"),
    "a manifest that is a list": (lambda files: files | {MANIFEST: b"[]"}, DAMAGED),
    "a manifest without end": (lambda files: files | {MANIFEST: b"[" * 10**6}, DAMAGED),
    "a manifest that is no text": (lambda files: files | {MANIFEST: b"\xff"}, DAMAGED),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_is_in_no_backup_is_refused_in_one_sentence_and_changes_nothing(
    saved: bytes, uri: str, creds: Path, tmp_path: Path, change: str
) -> None:
    before = stored(uri), (creds / "strava.json").read_text()
    alter, reason = CHANGES[change]
    files = alter(opened(saved))
    said = refused(closed(files, resum=files[MANIFEST][:1] == b"{"), tmp_path)
    assert reason in said
    assert said.endswith("Nothing was changed.")
    assert "\n" not in said
    assert (stored(uri), (creds / "strava.json").read_text()) == before


def test_a_header_runs_nothing(saved: bytes, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    quoted = EXECUTES.format(ran).replace('"', '""')
    assert COLUMNS in refused(closed(with_header(f'"{quoted}"')(opened(saved))), tmp_path)
    assert not ran.exists()


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_a_member_that_is_no_plain_file_is_refused(saved: bytes, tmp_path: Path, kind: bytes) -> None:
    assert DAMAGED in refused(closed(opened(saved), kind), tmp_path)


def test_a_member_that_comes_twice_is_refused(saved: bytes, tmp_path: Path) -> None:
    assert DAMAGED in refused(closed(opened(saved), times=2), tmp_path)


def bomb(shape: str) -> bytes:
    """About 1 MB that unpacks to 1 GB: nothing but zeros, one member, a long name's member, or a sparse file."""
    member = tarfile.TarInfo(WEIGHT)
    member.size = 2**30
    if shape == "long name":
        member.type = tarfile.GNUTYPE_LONGNAME
    head = b"" if shape == "zeros" else member.tobuf(tarfile.GNU_FORMAT)
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", compresslevel=9) as packed:
        packed.write(head)
        for _ in range(2**30 // 2**20):
            packed.write(bytes(2**20))
    return out.getvalue()


@pytest.mark.parametrize("shape", ["zeros", "a member", "long name"])
def test_a_small_file_that_unpacks_to_a_gigabyte_takes_no_memory(tmp_path: Path, shape: str) -> None:
    (tmp_path / "bomb").write_bytes(bomb(shape))
    code = """
import resource, sys, time
from app.backup_file import Unusable, unpack
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
packed = open(sys.argv[1], "rb").read()
try:
    unpack(packed, {"0001"})
except Unusable as error:
    print(error)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""
    command = [sys.executable, "-c", code, str(tmp_path / "bomb")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    reason, megabytes = done.stdout.splitlines()
    assert reason == "it is larger than any backup of Sevenday"
    assert int(megabytes) < 2 * MOST_BYTES // 2**20, megabytes


def test_more_than_a_restore_takes_is_not_saved_either() -> None:
    with pytest.raises(Unusable, match="more than the 128 MB that a backup takes"):
        pack({WEIGHT: bytes(MOST_BYTES)}, {})


def mutated(saved: bytes, layer: int, chance: random.Random) -> bytes:
    """A few bytes changed of the file, of the tar in it or of one of its files, and all round it as it should be."""
    files = opened(saved)
    name = chance.choice(sorted(set(files) - {MANIFEST}))
    wrong = bytearray([saved, gzip.decompress(saved), files[name]][layer])
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(wrong))
        wrong[at : at + chance.choice([0, 1, 1, 1, 64])] = chance.randbytes(chance.choice([0, 1, 1, 1, 64])) or b"9"
    if layer == 2:
        return closed(files | {name: bytes(wrong)})
    return gzip.compress(bytes(wrong), 1) if layer == 1 else bytes(wrong)


def test_however_the_bytes_of_a_backup_are_changed_it_ends_in_one_sentence(
    saved: bytes, uri: str, tmp_path: Path, board: Flask
) -> None:
    chance, before = random.Random(20261125), stored(uri)
    for number in range(MUTANTS):
        mutant = mutated(saved, number % 3, chance)
        if said := refused(mutant, tmp_path):
            assert said.endswith("Nothing was changed."), (number, said)
            assert said.isprintable(), (number, said)
            assert stored(uri) == before, number
        else:  # what is wrong has the form of what is right, such as another figure
            assert refused(saved, tmp_path) == ""


def test_a_restore_brings_nobody_back_who_was_signed_out(saved: bytes, uri: str, tmp_path: Path, board: Flask) -> None:
    old = opened(saved) | {"tables/sign_in.csv": b"id,since\n0123,2026-11-25 00:00:00+00\n"}
    assert "tables/sign_in.csv" not in opened(saved)
    execute(uri, "INSERT INTO sign_in (id) VALUES ('signed in since')")
    assert refused(closed(old), tmp_path) == ""
    assert asked(uri, "SELECT count(*) FROM sign_in") == 0


def test_a_restore_leaves_no_token_that_is_not_in_the_backup(saved: bytes, creds: Path, tmp_path: Path) -> None:
    (creds / "strava.json").write_text("newer")
    (creds / "fitbit.json").write_text("connected since")
    (creds / "fitbit_client.json").write_text("typed since")
    (creds / "notes.json").write_text("somebody's own")
    assert refused(saved, tmp_path) == ""
    assert {path.name: path.read_text() for path in creds.iterdir()} == {
        "strava.json": '{"access_token": "kept"}',
        "strava.json.before-restore": "newer",
        "fitbit.json.before-restore": "connected since",
        "fitbit_client.json.before-restore": "typed since",
        "notes.json": "somebody's own",
    }
