"""Pure: what there is to be told now, and in which words."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.notify import rhythm
from app.records.models import SyncState
from app.records.moments import LITTLE, LONG_AGO
from app.stats import week
from app.sync.standing import urgency

SOON = timedelta(days=2)
DAY = timedelta(days=1)
NEWS = timedelta(days=3)
"""For so long after its end a week is news, where the updater was off."""
LEAST_FREE, LEAST_SHARE = 2 * 1024**3, 1 / 20
NOT_FAILING = ("reconnect", "ungranted", "disconnected")
"""States that are told as something else, or that the person has chosen."""


@dataclass(frozen=True)
class Notice:
    """`key` names the thing and this one occurrence of it: another key is told anew. `path` is where to do it."""

    key: str
    title: str
    text: str
    path: str


@dataclass(frozen=True)
class Source:
    """A connected source. `stuck`: it waits for a sign-in; `since`: when it was connected; `days`: those that had
    something, by metric in the person's words."""

    source: str
    name: str
    states: Sequence[SyncState]
    sign_in: str
    stuck: bool
    ends_at: datetime | None = None
    since: datetime | None = None
    days: Mapping[str, Sequence[date]] | None = None


@dataclass(frozen=True)
class Asking:
    """An import with open questions."""

    number: int
    name: str
    questions: Sequence[str]


@dataclass(frozen=True)
class Disk:
    """What lies on it, and bytes (or, of files, as many)."""

    names: str
    free: int
    total: int

    @property
    def least(self) -> float:
        return min(LEAST_FREE, self.total * LEAST_SHARE)


@dataclass(frozen=True)
class Facts:
    """`now` is aware, `interval` that of the syncs; `review` says of the week that begins on a day how it went."""

    now: datetime
    timezone: str
    week_start: str
    interval: timedelta
    sources: Sequence[Source] = ()
    asking: Sequence[Asking] = ()
    disks: Sequence[Disk] = ()
    review: str | None = None
    """How the last week went; None where nobody wants to know."""


def is_quiet(now: datetime, timezone: str, begin: time | None, end: time | None) -> bool:
    """Whether `now` (aware) is in the quiet hours, which may go over midnight; the end is no longer."""
    if begin is None or end is None or begin == end:
        return False
    clock = now.astimezone(ZoneInfo(timezone)).time()
    return begin <= clock < end if begin < end else clock >= begin or clock < end


def notices(facts: Facts) -> list[Notice]:
    found = [notice for source in facts.sources for notice in of_source(source, facts)]
    found += [question(asking) for asking in facts.asking]
    found += [nearly_full(disk) for disk in facts.disks if disk.free < disk.least]
    return found + list(week_over(facts))


def over(facts: Facts) -> list[str]:
    """The keys of what was, and may come again: well over the limit, so that a disk at it is not told each hour."""
    return [disk_key(disk) for disk in facts.disks if disk.free > 2 * disk.least]


def of_source(source: Source, facts: Facts) -> Iterator[Notice]:
    if source.stuck:
        yield ended(source)
        return
    if source.ends_at and facts.now < source.ends_at <= facts.now + SOON:
        yield ending(source, facts)
    failed = [state for state in source.states if fails(state, source, facts)]
    if failed:
        yield failing(source, failed)
    yield from silence(source, facts)


def ended(source: Source) -> Notice:
    """An occurrence is a sign-in; of a file that does not say which, the last time that it worked."""
    which = source.sign_in or newest(source.states)
    text = f"{source.name} has ended the sign-in, so nothing new comes from there. Sign in again:"
    return Notice(f"sign-in-ended:{source.source}:{which}", f"Sign in to {source.name} again", text, "/connect/")


def ending(source: Source, facts: Facts) -> Notice:
    assert source.ends_at is not None
    at = source.ends_at.astimezone(ZoneInfo(facts.timezone))
    text = (
        f"The sign-in to {source.name} ends on {at:%A at %H:%M}, and nothing new would come. Sign in again until then:"
    )
    title = f"The sign-in to {source.name} ends on {at:%A}"
    return Notice(f"sign-in-ends:{source.source}:{source.sign_in}", title, text, "/connect/")


def fails(state: SyncState, source: Source, facts: Facts) -> bool:
    """Whether a metric could not be read for a day, by an error or because nobody tries.

    A moment after now is a wrong clock's: what was only tried by that is about to be tried again, and when the account
    was connected by that is not known, which must silence nothing.
    """
    since = state.last_success or source.since
    if state.state in NOT_FAILING or since is None or state.last_attempt == LONG_AGO:
        return False
    return facts.now - since > DAY + facts.interval or since > facts.now + LITTLE


def failing(source: Source, failed: Sequence[SyncState]) -> Notice:
    since = min((state.last_success for state in failed if state.last_success), default=None)
    metrics = ", ".join(sorted(state.metric for state in failed))
    why = min(failed, key=urgency).message or "Nothing was read."
    last = f" The last time was on {since:%-d %B}." if since else ""
    text = f"{source.name} ({metrics}) could not be read for a day. {why}{last} See what it needs:"
    title = f"{source.name} could not be read for a day"
    return Notice(f"failing:{source.source}:{since.isoformat() if since else source.sign_in}", title, text, "/connect/")


def silence(source: Source, facts: Facts) -> Iterator[Notice]:
    """Only of what could be read lately: what could not be is told as that."""
    today = week.today(facts.now, facts.timezone)
    read = {state.metric for state in source.states if state.last_success and facts.now - state.last_success < DAY}
    for metric, days in (source.days or {}).items():
        last = rhythm.silent_since(days, today) if metric in read else None
        if last:
            key = f"silent:{source.source}:{metric}:{last}"
            text = (
                f"{source.name} has brought no {metric} since {last:%A, %-d %B}, which is longer than usual. "
                f"See whether the device still sends to {source.name}; what came is here:"
            )
            yield Notice(key, f"No {metric} from {source.name} since {last:%-d %B}", text, "/connect/")


def question(asking: Asking) -> Notice:
    key = f"import:{asking.number}:{','.join(sorted(asking.questions))}"
    text = f"The import of {asking.name} waits for an answer, and goes on after it:"
    return Notice(key, "An import needs an answer", text, f"/files/{asking.number}")


def disk_key(disk: Disk) -> str:
    return f"disk:{disk.names}"


def nearly_full(disk: Disk) -> Notice:
    text = (
        f"{disk.free / 1024**2:,.0f} MB are free where {disk.names} lie. On a full disk nothing new is kept: free some "
        "space. What the board knows is here:"
    )
    return Notice(disk_key(disk), "The disk is nearly full", text, "/stats/livefeed")


def week_over(facts: Facts) -> Iterator[Notice]:
    today = week.today(facts.now, facts.timezone)
    begun = week.days(today, facts.week_start)[0]
    if facts.review is not None and today - begun < NEWS:
        first, last = begun - week.WEEK, begun - DAY
        title = f"Your week, {first:%-d %B} to {last:%-d %B}"
        yield Notice(f"week:{first}", title, facts.review or "Nothing was recorded.", f"/stats/week/{first}")


def newest(states: Sequence[SyncState]) -> str:
    return max((state.last_success.isoformat() for state in states if state.last_success), default="")
