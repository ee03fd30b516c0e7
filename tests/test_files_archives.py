"""Archives of any maker are read member by member; hostile and broken ones cost one sentence each."""

import gzip
import struct
import tracemalloc
import zipfile

import pytest

from app.files.reading import read
from app.files.records import Activity, Refusal
from tests.filing import BERLIN, of, said
from tests.fit_writer import Fit
from tests.packing import brought, by_method, locked, patched, tarred, zipped
from tests.test_files_fit import whole
from tests.tracks_writer import gpx, trk, trkpts

FIT = whole().bytes()
GPX = gpx(trk(trkpts(60, first=90_000))).encode()


def count(items) -> int:
    return len(of(Activity, items))


@pytest.mark.parametrize(
    "content",
    [
        zipped({"a.fit": FIT, "b/c.gpx": GPX}),
        zipped({"a.fit": FIT, "b/c.gpx": GPX}, zipfile.ZIP_STORED),
        zipped({"top\\folder\\a.fit": FIT, "c.gpx.gz": gzip.compress(GPX)}),
        zipped({"inner.zip": zipped({"deep.zip": zipped({"a.fit": FIT})}), "c.gpx": GPX}),
        zipped({"inner.tgz": tarred({"a.fit": FIT}), "c.gpx": GPX}),
        zipped([("same", FIT), ("same", GPX)]),
        tarred({"a.fit": FIT, "b/c.gpx": GPX}),
        tarred({"a.fit": FIT, "b/c.gpx": GPX}, "w"),
        tarred({"a.zip": zipped({"a.fit": FIT}), "c.gpx.gz": gzip.compress(GPX)}),
        gzip.compress(zipped({"a.fit": FIT, "c.gpx": GPX})),
        zipped({"a.fit": FIT, "c.gpx": GPX}) + b"tail",
    ],
)
def test_archives_in_all_their_forms_give_their_activities(tmp_path, content):
    _, items = brought(tmp_path, "download", content)
    assert (count(items), said(items)) == (2, "")


def test_a_folder_that_somebody_unpacked_is_read_like_the_archive(tmp_path):
    (tmp_path / "out" / "a").mkdir(parents=True)
    (tmp_path / "out" / "a" / "x.fit").write_bytes(FIT)
    (tmp_path / "out" / "y.gpx").write_bytes(GPX)
    (tmp_path / "out" / "z.gpx").symlink_to(tmp_path / "out" / "y.gpx")
    assert count(read(tmp_path / "out", BERLIN)) == 2


def test_what_a_system_left_is_silent(tmp_path):
    litter = {
        "__MACOSX/._a.fit": b"\0\5\x16\7",
        "._b.fit": b"\0\5\x16\7x",
        ".DS_Store": b"Bud1",
        "x/Thumbs.db": b"\xd0\xcf",
    }
    _, items = brought(tmp_path, "x.zip", zipped({"a.fit": FIT} | litter))
    assert (count(items), said(items)) == (1, "")
    _, items = brought(tmp_path, "._a.fit", b"\0\5\x16\7")
    assert [item.silent for item in of(Refusal, items)] == [True]


def test_a_bad_member_never_stops_the_others(tmp_path):
    files = {"1.fit": b"", "2.fit": FIT[:20], "3.gpx": b"<gpx", "4.fit": FIT, "5.csv": b"\0\1\2\3", "6.gpx": GPX}
    _, items = brought(tmp_path, "x.zip", zipped(files))
    assert (count(items), {item.member for item in of(Refusal, items)}) == (2, {"1.fit", "2.fit", "3.gpx", "5.csv"})


def test_many_members_with_the_same_to_say_are_one_line(tmp_path):
    monitoring = {f"MONITOR/{n}.fit": Fit().add("file_id", type=32).bytes() for n in range(1000)}
    _, items = brought(tmp_path, "x.zip", zipped(monitoring | {"a.fit": FIT}))
    (refused,) = of(Refusal, items)
    assert (count(items), refused.member, refused.count) == (1, "MONITOR/0.fit and 999 more", 1000)
    assert "daily monitoring" in refused.why


def test_names_cannot_lead_out_of_the_archive(tmp_path):
    names = ["../../etc/passwd.fit", "/abs.fit", "C:\\windows\\x.fit", "a/./../b.fit", "\x07bell.fit"]
    _, items = brought(tmp_path, "x.zip", zipped(dict.fromkeys(names, b"x") | {"last.gpx": b""}))
    found = {item.member for item in of(Refusal, items)}
    assert not any(".." in name or name.startswith("/") or ":" in name or "\x07" in name for name in found)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.zip"]


def test_names_in_utf_8_without_the_flag_keep_their_letters(tmp_path):
    _, items = brought(tmp_path, "x.zip", patched(zipped({"Grüße.gpx": b""}), 6, 8, 0))
    assert [item.member for item in of(Refusal, items)] == ["Grüße.gpx"]


def bomb(size: int) -> bytes:
    return zipped({"a.fit": FIT, "bomb.gpx": b"<gpx>" + b" " * size})


def layered(depth: int) -> bytes:
    content = FIT
    for _ in range(depth):
        content = zipped({"inner.zip": content})
    return content


def many(count: int) -> bytes:
    """A list of so many members, without the members: what a zip says, not what it holds."""
    entry = struct.pack("<4s6H3I5H2I", b"PK\x01\x02", *[20] * 2, *[0] * 4, 0, 0, 0, 1, *[0] * 4, 0, 0) + b"x"
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, len(entry) * count, 0, 0)
    return b"PK\x03\x04" + entry * count + end


GOOD = zipped({"a.fit": FIT, "c.gpx": GPX})
HOSTILE = {
    "bomb": (bomb(40 << 20), 1, "over 200 times"),
    "bomb in gzip": (gzip.compress(b"<gpx>" + b" " * (40 << 20)), 0, "over 200 times"),
    "nested ten deep": (layered(10), 0, "three deep"),
    "gzip in gzip in gzip": (gzip.compress(gzip.compress(gzip.compress(FIT))), 0, "several times"),
    "password": (locked(GOOD), 0, "password"),
    "deflate64": (by_method(GOOD, 9), 0, "zip it again"),
    "zstd": (by_method(GOOD, 93), 0, "zip it again"),
    "truncated": (GOOD[: len(GOOD) * 2 // 3], 0, "incomplete"),
    "split": (GOOD[:-18] + b"\x01\0\x01\0" + GOOD[-14:], 0, "split"),
    "first part of a split": (b"PK\x07\x08" + GOOD, 0, "split"),
    "empty": (zipped({}), 0, "empty"),
    "only folders": (zipped({"a/": b"", "b/c/": b""}), 0, "empty"),
    "too many": (many(200_001), 0, "200,000"),
    "truncated tgz": (tarred({"a.fit": FIT, "b.gpx": GPX * 9}, "w")[:3000], 1, "cut off"),
    "excel": (zipped({"[Content_Types].xml": b"<x/>", "xl/workbook.xml": b"<x/>"}), 0, "save it as CSV"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_and_broken_archives_cost_a_sentence(tmp_path, name):
    content, activities, sentence = HOSTILE[name]
    _, items = brought(tmp_path, "x.zip", content)
    assert (count(items), len(of(Refusal, items))) == (activities, 1)
    assert sentence in said(items)


def test_a_gzip_that_is_cut_off_gives_what_came_before(tmp_path):
    long = gpx(trk(trkpts(3000))).encode()
    packed = gzip.compress(long)
    _, items = brought(tmp_path, "a.gpx.gz", packed[: len(packed) // 2])
    assert (count(items), "cut off" in said(items)) == (1, True)


def test_gzips_in_a_row_and_padding_behind_are_legal(tmp_path):
    _, items = brought(tmp_path, "a.fit.gz", gzip.compress(FIT[:100]) + gzip.compress(FIT[100:]) + bytes(512))
    assert (count(items), said(items)) == (1, "")


def test_a_member_whose_bytes_are_damaged_is_said_and_the_rest_read(tmp_path):
    content = bytearray(zipped({"a.fit": FIT, "c.gpx": GPX}))
    spot = content.find(b"c.gpx") + 30
    content[spot : spot + 20] = b"\xff" * 20
    _, items = brought(tmp_path, "x.zip", bytes(content))
    assert (count(items), "damaged" in said(items)) == (1, True)


def test_overlapping_members_are_a_bomb(tmp_path):
    content = zipped({f"{n}.fit": FIT for n in range(60)})
    first = content.find(b"PK\x01\x02")
    entries = content[first : content.find(b"PK\x05\x06")]
    size = len(entries) * 50
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 3000, 3000, size, first, 0)
    _, items = brought(tmp_path, "x.zip", content[:first] + entries * 50 + end)
    assert "lie over each other" in said(items)


def test_fifty_thousand_empty_members_are_one_line(tmp_path):
    _, items = brought(tmp_path, "x.zip", zipped({f"{number}.fit": b"" for number in range(50_000)}))
    assert [(type(item), item.count) for item in items] == [(Refusal, 50_000)]


def test_a_bomb_is_never_held_in_memory(tmp_path):
    content = bomb(150 << 20)
    tracemalloc.start()
    brought(tmp_path, "x.zip", content)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 30 << 20


def test_no_member_is_ever_written_under_its_name(tmp_path, monkeypatch):
    monkeypatch.setattr(zipfile.ZipFile, "extract", None)
    monkeypatch.setattr(zipfile.ZipFile, "extractall", None)
    before = set(tmp_path.rglob("*"))
    brought(tmp_path, "x.tgz", tarred({"../evil.fit": FIT, "/tmp/evil.fit": FIT}))
    assert {path.name for path in set(tmp_path.rglob("*")) - before} == {"x.tgz"}
