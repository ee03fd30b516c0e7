"""One check: what is due, and nobody has told yet, is claimed, sent and marked."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from app.extensions import db
from app.notify import addresses, due, facts, outbox
from app.notify.due import Notice
from app.notify.send import Result, send
from app.records import preferences

Config = Mapping[str, Any]


def send_due(config: Config, now: datetime | None = None) -> int:
    """How many things were told. In quiet hours nothing is looked for: what is still so after them is told then."""
    urls = addresses.all_of(config)
    now, stored, chosen = now or datetime.now(UTC), preferences.stored(), preferences.read()
    if not urls or due.is_quiet(now, chosen.timezone, stored.quiet_from, stored.quiet_to):
        return 0
    with Session(db.engine, expire_on_commit=False) as session, session.begin():
        gathered = facts.gather(session, config, chosen, stored, now)
        outbox.forget(session, due.over(gathered))
    return sum(tell(config, urls, notice, now) for notice in due.notices(gathered))


def tell(config: Config, urls: list[str], notice: Notice, now: datetime) -> bool:
    """Whether it was told, now and by us."""
    with Session(db.engine) as session, session.begin():
        tries = outbox.claim(session, notice.key, now)
    if not tries:
        return False
    results = send(urls, notice.title, f"{notice.text}\n{config['PUBLIC_BASE_URL']}{notice.path}")
    with Session(db.engine) as session, session.begin():
        outbox.conclude(session, notice.key, tries, results, now)
    return any(result.ok for result in results)


def test(config: Config) -> list[Result]:
    """Sends a test to every address, in quiet hours too: somebody waits for it."""
    results = send(addresses.all_of(config), "Sevenday: a test", f"It works.\n{config['PUBLIC_BASE_URL']}/settings/")
    with Session(db.engine) as session, session.begin():
        outbox.note_failures(session, results)
    return results
