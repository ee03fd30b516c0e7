"""Tokens of programs: random strings that the database knows by their hashes only, looked up for each request."""

import hashlib
import hmac
import secrets
from datetime import datetime

from flask import request
from sqlalchemy import BigInteger, DateTime, Identity, delete, func, or_, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column
from werkzeug.exceptions import Forbidden, TooManyRequests, Unauthorized

from app.extensions import db
from app.web import callers, guesses

PREFIX = "sevenday"
MOST = 50
"""Tokens at a time."""
READS = ("GET", "HEAD", "OPTIONS")


class ApiToken(db.Model):  # type: ignore[name-defined]
    """One program's. Without the token itself, which is shown once, when it is made."""

    __tablename__ = "api_token"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    name: Mapped[str]
    hash: Mapped[str]
    writes: Mapped[bool]
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    used_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


def hashed(secret: str) -> str:
    """Of 256 random bits, which nobody guesses however fast the hash is."""
    return hashlib.sha256(secret.encode(errors="surrogateescape")).hexdigest()


def make(session: Session, name: str, writes: bool) -> str:
    """The new token, `sevenday_<id>_<secret>`, to be shown this once."""
    secret = secrets.token_hex(32)
    new = ApiToken(name=name, hash=hashed(secret), writes=writes)
    session.add(new)
    session.flush()
    return f"{PREFIX}_{new.id}_{secret}"


def all_of(session: Session) -> list[ApiToken]:
    return list(session.scalars(select(ApiToken).order_by(ApiToken.id)))


def revoke(session: Session, number: int) -> None:
    session.execute(delete(ApiToken).where(ApiToken.id == number))


def find(session: Session, given: str) -> ApiToken | None:
    prefix, _, rest = given.partition("_")
    number, _, secret = rest.partition("_")
    usable = prefix == PREFIX and number.isdecimal() and number.isascii() and len(number) < 19
    row = session.get(ApiToken, int(number)) if usable else None
    right = hmac.compare_digest(hashed(secret), row.hash if row else hashed(""))
    return row if row and right else None


def require_token() -> None:
    """Raises 401 for no token or a wrong one, 429 for too many of these, 403 for one that may not write."""
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not given.strip():
        raise Unauthorized("Send a token: Authorization: Bearer TOKEN. The page of settings makes one.")
    with Session(db.engine) as session, session.begin():
        token = find(session, given.strip())
        if token is None:
            refuse_wrong_token()
        elif request.method not in READS and not token.writes:
            raise Forbidden("This token may only read. The page of settings makes one that may write.")
        else:
            note_use(session, token)


def note_use(session: Session, token: ApiToken) -> None:
    """Once a minute is often enough."""
    stale = or_(ApiToken.used_at.is_(None), ApiToken.used_at < func.now() - text("interval '1 minute'"))
    session.execute(update(ApiToken).where(ApiToken.id == token.id, stale).values(used_at=func.now()))


def refuse_wrong_token() -> None:
    """Wrong tokens of one visitor are counted as wrong passwords are, beside those."""
    seconds, _ = guesses.count(f"token {callers.visitor(request.remote_addr or '')}", True)
    if seconds:
        raise TooManyRequests(f"Too many wrong tokens came from here. Try again in {seconds} s.", retry_after=seconds)
    raise Unauthorized("This token is not one of this board's, or it was revoked. The page of settings makes another.")
