"""Packs archives for the tests, honest and hostile ones."""

import io
import struct
import tarfile
import warnings
import zipfile
from pathlib import Path

from app.files.reading import Reading
from app.files.records import Item
from tests.filing import BERLIN


def zipped(files: dict[str, bytes] | list[tuple[str, bytes]], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of names and contents; a name may come twice."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a name twice is legal, and what this is about
        for name, content in files.items() if isinstance(files, dict) else files:
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return made.getvalue()


def tarred(files: dict[str, bytes], mode: str = "w:gz") -> bytes:
    """A tar, by its mode packed or not."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode=mode) as archive:  # type: ignore[call-overload]
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
        link = tarfile.TarInfo("link.fit")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    return made.getvalue()


def patched(archive: bytes, local: int, central: int, value: int) -> bytes:
    """A zip with two bytes of every local and central header replaced, as flags and methods lie there."""
    made = bytearray(archive)
    for sign, at in ((b"PK\x03\x04", local), (b"PK\x01\x02", central)):
        found = made.find(sign)
        while found >= 0:
            struct.pack_into("<H", made, found + at, value)
            found = made.find(sign, found + 4)
    return bytes(made)


def locked(archive: bytes) -> bytes:
    """With the flag of a password on every member."""
    return patched(archive, 6, 8, 1)


def by_method(archive: bytes, method: int) -> bytes:
    """With another method of packing written on every member."""
    return patched(archive, 8, 10, method)


def brought(tmp_path: Path, name: str, content: bytes, how=BERLIN) -> tuple[str, list[Item]]:
    """What a file is called in the result, and its items."""
    path = tmp_path / name
    path.write_bytes(content)
    reading = Reading(path, how)
    items = list(reading)
    return reading.words, items
