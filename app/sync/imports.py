"""Imports: one file after the other is read to its end, and filed in pieces that a kill cannot undo."""

import hashlib
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.extensions import db
from app.files.records import Athlete, How, Question, Record
from app.records import filing, preferences, queries, store
from app.records.account import Account
from app.records.filing import Filing, Incoming
from app.records.models import FileImport
from app.sync import parts
from app.sync.outcome import COUNTED as COUNTED
from app.sync.outcome import Outcome, conclude, note, result
from app.sync.records_of_files import incoming

LOCK = "files"
ATHLETE = "athlete"
BATCH = 300
"""Records in one transaction: a viewer sees the board fill, and a kill costs seconds."""
MOST_TRIES = 3
PATIENCE_SECONDS = 3600.0
SETTLED_SECONDS = 3.0
"""A file that is being copied into the folder is left alone until nothing has been added to it for this long."""
UPLOADS, DONE, REFUSED = "uploads", "done", "refused"
Say = Callable[[str], None]


def inbox() -> Path:
    return Path(current_app.config["INBOX_DIR"])


def is_any_waiting() -> bool:
    """Whether there is a file to import."""
    with Session(db.engine) as session:
        return bool(waiting_ids(session)) or any(True for _ in unlisted_files(session))


def waiting_ids(session: Session) -> list[int]:
    """The imports that wait for their turn, or were under way when a process was killed."""
    found = select(FileImport.id).where(FileImport.state.in_(("waiting", "running"))).order_by(FileImport.id)
    return list(session.scalars(found))


def unlisted_files(session: Session) -> Iterator[Path]:
    """Files that somebody put into the folder by hand, once they are whole."""
    stored_paths = set(session.scalars(select(FileImport.path).where(FileImport.path.is_not(None))))
    with suppress(FileNotFoundError):
        for path in sorted(inbox().iterdir()):
            named = path.is_file() and not path.name.startswith(".") and not path.name.endswith((".part", "~"))
            if named and str(path) not in stored_paths and abs(time.time() - path.stat().st_mtime) > SETTLED_SECONDS:
                yield path


def import_all(say: Say) -> list[FileImport]:
    """Imports everything that waits; what was already begun by another process is left to that one."""
    finished = []
    with store.sole_writer(LOCK) as mine:
        while mine:
            with Session(db.engine) as session, session.begin():
                session.add_all(FileImport(name=p.name, path=str(p), size=size(p)) for p in unlisted_files(session))
                session.flush()
                todo = waiting_ids(session)
            if not todo:
                break
            finished.append(import_one(todo[0], say))
    return finished


def import_now(paths: Iterable[Path], say: Say) -> Iterator[FileImport]:
    """Imports files where they lie, and leaves them there."""
    for together in parts.grouped(list(paths), lambda path: path.name):
        with store.sole_writer(LOCK, PATIENCE_SECONDS):
            with Session(db.engine, expire_on_commit=False) as session, session.begin():
                rows = [FileImport(name=path.name, path=str(path.resolve()), size=size(path)) for path in together]
                session.add_all(rows)
                session.flush()
            first = import_one(rows[0].id, say, keep=True)
            with Session(db.engine, expire_on_commit=False) as session:
                others = [session.get_one(FileImport, row.id) for row in rows[1:]]
        yield from (first, *others)


def size(path: Path) -> int:
    with suppress(OSError):
        return path.stat().st_size
    return 0


def import_one(number: int, say: Say, keep: bool = False) -> FileImport:
    """Imports one file to its end, with the other parts of it that are here; whatever its bytes do, it ends with a
    state and a sentence."""
    with Session(db.engine, expire_on_commit=False) as session:
        with session.begin():
            row = session.get_one(FileImport, number)
            row.state, row.attempts = "running", row.attempts + 1
            others = parts.others(session, row)
        path = Path(row.path or "")
        outcome = Outcome()
        try:
            if row.attempts > MOST_TRIES:
                raise Unreadable(f"The import stopped {MOST_TRIES} times without an end, so this file was put aside.")
            with session.begin():
                for one in (row, *others):
                    one.sha256 = fingerprint(Path(one.path or ""))
            say(f"importing {', '.join(one.name for one in (row, *others))}")
            read(session, row, how(row), outcome, say, [Path(one.path or "") for one in others])
        except Unreadable as error:
            outcome.results.append(result(row.name, str(error)))
            outcome.counts["refused"] += 1
        except OSError as error:
            outcome.results.append(result(row.name, f"The file cannot be read: {error.strerror or error}."))
            outcome.counts["refused"] += 1
        with session.begin():
            conclude(row, outcome)
            row.path = row.path if keep else move_finished(path, row.state)
            for one in others:
                parts.conclude(one, row)
                one.path = one.path if keep else move_finished(Path(one.path or ""), row.state)
        say(f"{row.name}: {outcome.line()}")
        return row


class Unreadable(Exception):
    """Why a file as a whole is refused, in a sentence."""


def how(row: FileImport) -> How:
    chosen = preferences.read()
    zone = ZoneInfo(chosen.timezone)
    return How(zone, datetime.now(UTC).astimezone(zone).date(), row.answers, scratch=scratch())


def scratch() -> Path:
    """Beside the inbox, since a container's temporary folder is memory."""
    folder = inbox() / ".work"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def fingerprint(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def read(session: Session, row: FileImport, how: How, outcome: Outcome, say: Say, further: Sequence[Path] = ()) -> None:
    """Every item of the file; records are stored in batches, each with how far the import has come."""
    batch: list[Incoming] = []
    seen: set[tuple[Any, str, str]] = set()
    from app.files.reading import Reading  # and all readers, which the web process has no use for

    reading = Reading(Path(row.path or ""), how, further)
    for item in reading:
        if isinstance(item, Athlete) and not may_import(session, item, how, outcome):
            break
        if not isinstance(item, Record):
            note(outcome, item)
            continue
        record = incoming(item, how)
        if record is None or (record.model, record.kind, record.key) in seen:
            outcome.counts["known"] += 1
            continue
        seen.add((record.model, record.kind, record.key))
        batch.append(record)
        if len(batch) >= BATCH:
            store_batch(session, row, batch, outcome)
            say(row.stage)
            batch = []
    if batch:
        store_batch(session, row, batch, outcome)
    outcome.kind = reading.words


def may_import(session: Session, athlete: Athlete, how: How, outcome: Outcome) -> bool:
    """Whether an export is the connected athlete's, or the person wants another's too; else asks, or refuses."""
    with session.begin():
        owner = Account.parse(queries.account(session, "strava")).owner
    if owner in ("", str(athlete.id)) or how.answers.get(ATHLETE) == "yes":
        return True
    if how.answers.get(ATHLETE) == "no":
        outcome.counts["refused"] += 1
        outcome.results.append(
            result(athlete.member, "It is another athlete's export, and you chose not to import it.")
        )
        return False
    text = f"This is the export of athlete {athlete.id}, but athlete {owner} is connected. Import it all the same?"
    options = (("yes", "Yes, it is mine, too"), ("no", "No, leave it out"))
    outcome.questions.append(Question(ATHLETE, athlete.member, text, "", options))
    return False


def store_batch(session: Session, row: FileImport, batch: list[Incoming], outcome: Outcome) -> None:
    with session.begin():
        store.remove_demo(session)
        for (table, came), count in Filing(session, row.id, batch).store().items():
            outcome.counts[came] += count
            outcome.counts[f"{came} {table}"] += count
        row.stage = f"{outcome.line()} so far"


def move_finished(path: Path, state: str) -> str | None:
    """Where the file lies from now on: one that was put into the folder goes to `done` or `refused` there, an upload
    leaves; either stays while a question is open."""
    if state == "asking":
        return str(path)
    with suppress(FileNotFoundError):
        if path.parent == inbox():
            folder = inbox() / (DONE if state == "done" else REFUSED)
            folder.mkdir(mode=0o700, exist_ok=True)
            target = folder / path.name
            if target.exists():
                target = folder / f"{path.stem}-{time.time_ns()}{path.suffix}"
            shutil.move(path, target)
        elif path.parent == inbox() / UPLOADS:
            path.unlink()
    return None


def take_back(number: int) -> int:
    """Removes what an import brought and nothing else holds; returns how many rows are gone."""
    with store.sole_writer(LOCK, patience=5) as mine:
        if not mine:
            raise Busy
        with Session(db.engine) as session, session.begin():
            store.begin(session, "")
            return filing.take_back(session, number)


class Busy(Exception):
    """Another import is under way."""
