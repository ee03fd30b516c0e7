"""What was told: a row for each thing, claimed before it is sent, so that it is sent once whoever looks after it.

A claim whose process died is free again after CLAIM: what it sent in its last second is told twice rather than never.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import DateTime, delete, func, or_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.extensions import db
from app.notify.send import Result

CLAIM = timedelta(minutes=3)
"""Longer than any sending takes."""
FIRST_REST, LONGEST_REST = timedelta(minutes=1), timedelta(hours=1)


class Sent(db.Model):  # type: ignore[name-defined]
    """One thing that is told, or being told; `key` as in due.Notice."""

    __tablename__ = "notice"

    key: Mapped[str] = mapped_column(primary_key=True)
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    tries: Mapped[int] = mapped_column(server_default="0")
    next_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    """Until then somebody is about to send it, or no address took it and it rests."""
    sent_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    """When an address took it."""


class FailedAddress(db.Model):  # type: ignore[name-defined]
    """An address that did not take the last message, by its kind and host only."""

    __tablename__ = "notice_trouble"

    place: Mapped[str] = mapped_column(primary_key=True)
    why: Mapped[str]
    since: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


def claim(session: Session, key: str, now: datetime) -> int:
    """The number of this try, where nobody else has told it or is about to; else 0. To be committed before sending."""
    free = or_(Sent.next_at <= now, Sent.next_at > now + CLAIM + LONGEST_REST)  # the latter by a clock that was wrong
    row = insert(Sent).values(key=key, tries=1, next_at=now + CLAIM)
    mine = row.on_conflict_do_update(
        index_elements=[Sent.key],
        set_={"tries": Sent.tries + 1, "next_at": now + CLAIM},
        where=Sent.sent_at.is_(None) & free,
    )
    return session.scalar(mine.returning(Sent.tries)) or 0


def conclude(session: Session, key: str, tries: int, results: Sequence[Result], now: datetime) -> None:
    """It is told when one address took it; else it is tried again, more and more rarely."""
    rest = min(FIRST_REST * 2 ** min(tries - 1, 10), LONGEST_REST)
    what = {"sent_at": now} if any(result.ok for result in results) else {"next_at": now + rest}
    session.execute(update(Sent).where(Sent.key == key).values(**what))
    note_failures(session, results)


def note_failures(session: Session, results: Sequence[Result]) -> None:
    """Of all addresses, as each was just tried."""
    failed = {result.place: result.why for result in results if not result.ok}
    session.execute(delete(FailedAddress).where(FailedAddress.place.not_in(failed)))
    for place, why in failed.items():
        row = insert(FailedAddress).values(place=place, why=why)
        session.execute(row.on_conflict_do_update(index_elements=[FailedAddress.place], set_={"why": why}))


def forget(session: Session, keys: Iterable[str]) -> None:
    """What is over: it is told anew when it comes again."""
    session.execute(delete(Sent).where(Sent.key.in_(list(keys))))
