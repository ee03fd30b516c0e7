"""Tells by its first lines which of the tables a CSV is, and has it read (docs/formats.md 2, 8, 9)."""

from collections.abc import Iterator
from itertools import islice

from app.files import biometrics, fitbit_account, garmin_tables, own, strava_columns, strava_export, tables, takeout
from app.files.records import How, Item, Member, Refusal
from app.files.strava_export import ReadSingle
from app.files.text import Unreadable, rows

SAMPLE = 50


def read(member: Member, how: How, single: ReadSingle) -> Iterator[Item]:
    """Whatever table it is; the header decides, not the name, but for the few that have a Takeout's."""
    try:
        lines = list(islice(rows(member), SAMPLE))
    except Unreadable as error:
        yield Refusal(member.name, str(error))
        return
    heads = lines[0] if lines else []
    if own.is_own(heads):
        yield from own.read([member], how)
    elif strava_columns.is_export(heads, lines[1:]):
        yield from strava_export.read([member], how, single)
    elif takeout.is_table(heads) and takeout.kind(member.name):
        yield from takeout.read([member], how, single)
    elif fitbit_account.is_one(heads):
        yield from fitbit_account.read(member, how)
    elif garmin_tables.is_list(heads):
        yield from garmin_tables.read_list(member, how)
    elif garmin_tables.is_weights(heads):
        yield from garmin_tables.read_weights(member, how)
    elif biometrics.is_one(heads):
        yield from biometrics.read(member, how)
    else:
        yield from tables.read(member, how)
