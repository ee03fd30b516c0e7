"""Which remembered moments are believed: none after now, which a clock that was wrong for a while has written."""

from datetime import UTC, datetime, timedelta

from sqlalchemy.orm.attributes import set_committed_value

from app.records.models import SyncState

LITTLE = timedelta(minutes=5)
"""By which two right clocks may differ."""
LONGEST_LIMIT = timedelta(days=1) + LITTLE
"""No provider asks to be left alone for longer than to the end of its day."""
LONG_AGO = datetime.fromtimestamp(0, UTC)


def believed(state: SyncState, now: datetime) -> SyncState:
    """The state without what cannot be: nothing that was is after `now`, nor is a limit known from a time to come."""
    latest = now + LITTLE
    attempted = state.last_attempt is None or state.last_attempt <= latest
    for name in ("last_success", "full_at"):
        moment = getattr(state, name)
        if moment and moment > latest:
            set_committed_value(state, name, None)
    if not attempted:
        set_committed_value(state, "resume_at", None)
        set_committed_value(state, "last_attempt", LONG_AGO)
    return state
