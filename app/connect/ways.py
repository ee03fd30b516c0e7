"""The ways into the week that need no account, as the page of sources tells of them: typed in, and sent by programs."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from app import units
from app.records import provenance
from app.records.account import HAND, MEALS, PHONE
from app.records.rows import Preferences
from app.sync import standing
from app.web import tokens


def typed(session: Session, chosen: Preferences) -> str:
    """`3 weigh-ins and 1 activity so far, the last on 19 November`."""
    return so_far(session, (HAND, MEALS), chosen) or "Nothing yet: a weigh-in takes two taps"


def sent(session: Session, chosen: Preferences) -> str:
    """How many programs may read or send, when one last did, and what they sent."""
    all_tokens = tokens.all_of(session)
    if not all_tokens:
        return so_far(session, (PHONE,), chosen) or "A token lets a phone's own automation send what it measures"
    used = max((token.used_at for token in all_tokens if token.used_at), default=None)
    last = f"last used {standing.ago(used, datetime.now(UTC))}" if used else "never used"
    brought = so_far(session, (PHONE,), chosen)
    return f"{units.counts({'token': len(all_tokens)})}, {last}{f'; {brought}' if brought else ''}"


def so_far(session: Session, ways: tuple[str, ...], chosen: Preferences) -> str:
    found, last = provenance.by_ways(session, ways)
    if not found or last is None:
        return ""
    this_year = datetime.now(ZoneInfo(chosen.timezone)).year
    day = f"{last.day} {last:%B}" if last.year == this_year else f"{last.day} {last:%B %Y}"
    return f"{units.counts(found)} so far, the last on {day}"
