"""Which browsers are signed in. In the database, so that any of them can be signed out from any other one."""

import secrets
from datetime import datetime

from sqlalchemy import DateTime, delete, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.extensions import db

CHANNEL = "sevenday_sign_out"
"""Its notifications say that somebody was signed out."""


class SignIn(db.Model):  # type: ignore[name-defined]
    """One browser, from its sign-in to its sign-out. The id is of no use without the key that signs the cookies."""

    __tablename__ = "sign_in"

    id: Mapped[str] = mapped_column(primary_key=True)
    since: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


def begin(session: Session) -> str:
    """The id of a new sign-in."""
    new = SignIn(id=secrets.token_hex(16))
    session.add(new)
    return new.id


def ids(session: Session) -> set[str]:
    return set(session.scalars(select(SignIn.id)))


def is_signed_in(session: Session, sign_in: str) -> bool:
    return session.scalar(select(SignIn.id).where(SignIn.id == sign_in)) is not None


def end(session: Session, sign_in: str | None) -> None:
    """Signs out that browser, or with None all of them; every web process hears of it when this is committed."""
    session.execute(delete(SignIn) if sign_in is None else delete(SignIn).where(SignIn.id == sign_in))
    session.execute(select(func.pg_notify(CHANNEL, "")))
