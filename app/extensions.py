"""The Flask extensions, unbound: `create_app` binds them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask_bootstrap import Bootstrap5
from flask_compress import Compress
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_migrate import Migrate
from flask_socketio import SocketIO
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect
from sqlalchemy import Connection, MetaData
from sqlalchemy.orm import DeclarativeBase


class Base(DeclarativeBase):
    """Names every constraint, so that a migration can drop what another one made."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


db = SQLAlchemy(model_class=Base)


@contextmanager
def autocommit() -> Iterator[Connection]:
    """A connection on which each statement is a transaction of its own: one that only reads needs no other."""
    with db.engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        driver.autocommit = True  # unlike SQLAlchemy's isolation_level, this sends nothing to the server
        try:
            yield connection
        finally:
            if not driver.closed:
                driver.autocommit = False


migrate = Migrate()
socketio = SocketIO()
bootstrap = Bootstrap5()
compress = Compress()
csrf = CSRFProtect()
# In memory, so each web process counts for itself, and a restart forgets.
limiter = Limiter(get_remote_address, storage_uri="memory://", strategy="moving-window")
