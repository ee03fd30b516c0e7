"""The file of a backup: a compressed tar of CSV tables and token files. One from anywhere may be read."""

import gzip
import hashlib
import io
import json
import re
import tarfile
import time
import zlib
from collections.abc import Collection

FORMAT = 1
MANIFEST = "sevenday.json"
MOST_BYTES = 128 * 1024**2
"""Unpacked. Ten years of an account are 2 MB; what is larger was made to fill this machine's memory."""
MOST_MEMBERS = 100
NAME = re.compile(r"tables/[a-z_]{1,60}\.csv|creds/[a-z][a-z0-9_]{0,60}\.json")
DAMAGED = (OSError, EOFError, ValueError, TypeError, LookupError, RecursionError, zlib.error, tarfile.TarError)
"""What Python's readers of gzip, tar and JSON raise for bytes that are not theirs."""

Files = dict[str, bytes]
"""A backup's content by name: `tables/<table>.csv`, `creds/<source>.json`; in the file also `sevenday.json`."""


class Unusable(Exception):
    """A file that is no whole backup of Sevenday; nothing has been changed."""


def pack(files: Files, about: dict[str, object]) -> bytes:
    """The file, with `about` and every sum in it. Unusable where no restore would take it."""
    sums = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    manifest = json.dumps({"format": FORMAT, **about, "sha256": sums}, indent=1).encode()
    if sum(len(data) + 2 * tarfile.BLOCKSIZE for data in files.values()) + len(manifest) > MOST_BYTES - 2**20:
        raise Unusable(f"there is more than the {MOST_BYTES // 1024**2} MB that a backup takes")
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, data in {MANIFEST: manifest, **files}.items():
            member = tarfile.TarInfo(name)
            member.size, member.mode, member.mtime = len(data), 0o600, int(time.time())
            archive.addfile(member, io.BytesIO(data))
    return out.getvalue()


def unpack(packed: bytes, revisions: Collection[str]) -> tuple[str, Files]:
    """The revision of the tables, one of `revisions`, and the content, once all of it was found as it was saved."""
    try:
        files = members(inflate(packed))
        if MANIFEST not in files:
            raise Unusable("it is no backup of Sevenday")
        about = json.loads(files.pop(MANIFEST))
        form, revision, sums = about["format"], about["revision"], about["sha256"]
    except DAMAGED:
        raise Unusable("it is no backup of Sevenday, or it is damaged") from None
    if {name: hashlib.sha256(data).hexdigest() for name, data in files.items()} != sums:
        raise Unusable("it is damaged")
    if not (type(form) is int and isinstance(revision, str) and re.fullmatch("[0-9a-f]{1,40}", revision)):
        raise Unusable("it is damaged")
    if form != FORMAT or revision not in revisions:
        raise Unusable("it was made by a newer Sevenday; upgrade this one first")
    if not all(NAME.fullmatch(name) for name in files):
        raise Unusable("it holds what no backup of Sevenday does")
    return revision, files


def inflate(packed: bytes) -> bytes:
    out = bytearray()
    with gzip.GzipFile(fileobj=io.BytesIO(packed)) as stream:
        while chunk := stream.read(2**20):
            out += chunk
            if len(out) > MOST_BYTES:
                raise Unusable("it is larger than any backup of Sevenday")
    return bytes(out)


def members(tar: bytes) -> Files:
    """The content by name, header by header: tarfile would follow links, sparse files and headers of any size.

    ValueError or tarfile.TarError for what a backup does not hold: all but plain files, and a name that comes twice.
    """
    files: Files = {}
    at, block = 0, tarfile.BLOCKSIZE
    while any(header := tar[at : at + block]):
        member = tarfile.TarInfo.frombuf(header, "ascii", "strict")
        begin, end = at + block, at + block + member.size
        if member.type not in (tarfile.REGTYPE, tarfile.AREGTYPE) or not begin <= end <= len(tar):
            raise ValueError
        if member.name in files or len(files) == MOST_MEMBERS:
            raise ValueError
        files[member.name] = tar[begin:end]
        at = end + -end % block
    return files
