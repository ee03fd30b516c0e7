"""Takes the bytes of an upload to disk piece by piece, so that neither memory nor the open pages notice its size."""

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from flask import current_app, request
from werkzeug.exceptions import BadRequest, Forbidden, HTTPException, RequestEntityTooLarge
from werkzeug.formparser import FormDataParser

from app.extensions import socketio
from app.web import gate

FORM = "multipart/form-data"
MEGABYTE = 1 << 20
FIELDS_BYTES = 64 << 10
"""What the form's other fields may have."""
SYNCED_BYTES = 8 * MEGABYTE
"""Brought to the disk at once: gigabytes at the end would hold up every open page for as long as the disk takes."""
LEAST_FREE = 64 * MEGABYTE
"""PostgreSQL lives on the same disk: an upload never takes the last of it."""


class NoRoom(HTTPException):
    code = 507
    description = "The disk of this machine is full, so the file was not kept. Make room, and send it again."


class Piecewise:
    """A file on disk that lets the open pages have their turn with each piece, and leaves the disk its last space."""

    def __init__(self, path: Path) -> None:
        self.path, self.unsynced = path, 0
        self.file: IO[bytes] = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b")

    def write(self, piece: bytes) -> int:
        if shutil.disk_usage(self.path.parent).free < LEAST_FREE + len(piece):
            raise NoRoom
        socketio.sleep(0)
        self.unsynced += len(piece)
        if self.unsynced >= SYNCED_BYTES:
            self.file.flush()
            os.fsync(self.file.fileno())
            self.unsynced = 0
        return self.file.write(piece)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.file, name)


@dataclass(frozen=True)
class Uploaded:
    """A file that has arrived whole: its own name, where it lies, its size in bytes."""

    name: str
    path: Path
    size: int


@contextmanager
def received(folder: Path) -> Iterator[tuple[list[Uploaded], dict[str, str]]]:
    """The files of this request, stored in `folder`, and its other fields. What the block does not keep, it removes.

    Raises HTTPException for what is too large, is no upload, comes from a page of another site, or finds no room.
    """
    limit = current_app.config["MAX_UPLOAD_MB"] * MEGABYTE + FIELDS_BYTES
    refuse_early(limit)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    written: list[Piecewise] = []

    def stored(*_: Any, **__: Any) -> Any:
        written.append(Piecewise(folder / f".{secrets.token_hex(8)}.part"))
        return written[-1]

    request.max_content_length = limit
    parser = FormDataParser(stored, max_form_memory_size=FIELDS_BYTES, max_content_length=limit, max_form_parts=1000)
    try:
        _, form, files = parser.parse(request.stream, request.mimetype, request.content_length, request.mimetype_params)
        for part in written:
            part.flush()
            os.fsync(part.fileno())
        parts = [(file.filename or "", part) for (_, file), part in zip(files.items(multi=True), written, strict=False)]
        yield (
            [Uploaded(tidy(name), part.path, part.path.stat().st_size) for name, part in parts if name],
            form.to_dict(),
        )
    except OSError as error:
        raise NoRoom from error
    finally:
        for part in written:
            part.close()
            with suppress(FileNotFoundError):
                part.path.unlink()


def refuse_early(limit: int) -> None:
    """Before a byte is read: a page of another site, and what says itself that it is too large."""
    origin = request.headers.get("Origin")
    if origin and not gate.own_origin(current_app._get_current_object())(origin, request.environ):  # type: ignore[attr-defined]
        raise Forbidden("Files are taken from this board's own page only.")
    if (request.content_length or 0) > limit:
        raise too_large()
    if request.mimetype != FORM:
        raise BadRequest("Send files as a form does: multipart/form-data, in the field “file”.")


def too_large() -> RequestEntityTooLarge:
    most = current_app.config["MAX_UPLOAD_MB"]
    return RequestEntityTooLarge(
        f"That is more than {most:,} MB (MAX_UPLOAD_MB). Put the file into the folder {current_app.config['INBOX_DIR']}"
        " on the server instead: it is imported from there within a minute."
    )


def tidy(name: str) -> str:
    """The last part of a name, whichever system it came from, without what no name needs."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(letter for letter in last if letter.isprintable())[:200] or "a file without a name"
