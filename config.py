"""Every setting, read once from the environment and checked when read; nothing else reads the environment.

A `.env` file beside this one is read too; the real environment wins over it. A value that makes no sense ends
the program with one line that names the variable, what it got and what it takes.
"""

import fcntl
import os
import secrets
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import IO

from dotenv import dotenv_values

from environment import Environment, close_to_others, fail

ROOT = Path(__file__).resolve().parent
LOOPBACK = ("127.0.0.1", "localhost", "::1")
LEAST_PASSWORD = 10  # characters, where other machines can try


def load_or_create_secret_key(folder: str) -> str:
    """A random key made once and kept in `folder`, so that sessions outlive a restart; two may start at once."""
    path = Path(folder) / "secret_key"
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
            with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                written(file, secrets.token_hex(32).encode())
            with suppress(FileExistsError):  # another process was first; its key counts
                os.link(draft, path)
            draft.unlink()
            sync_folder(path.parent)
            close_to_others(path.parent)
        return readable(path.read_bytes()) or made_again(path)
    except OSError as error:
        fail("SECRET_KEY", f"not set, and {path} cannot be kept ({error.strerror})", "any long random text")


def readable(kept: bytes) -> str:
    """The key; '' where a power cut before the file was on the disk has left it empty, or full of zeros."""
    text = kept.decode(errors="replace").strip()
    return text if "".join(text.split()).isprintable() and "\ufffd" not in text else ""


def made_again(path: Path) -> str:
    """A key in the place of one that is gone, the same for all who find it gone; every browser has to sign in again."""
    with path.open("r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        key = readable(file.read())
        if not key:
            os.fchmod(file.fileno(), 0o600)
            file.truncate(0)
            file.seek(0)
            written(file, (key := secrets.token_hex(32)).encode())
        return key


def written(file: IO[bytes], content: bytes) -> None:
    """All of it, and on the disk."""
    file.write(content)
    file.flush()
    os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """The names in it are on the disk from here on, too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # some network disks cannot
            os.fsync(handle)
    finally:
        os.close(handle)


def settings_file() -> dict[str, str | None]:
    try:
        return dotenv_values(ROOT / ".env", interpolate=False)
    except (OSError, UnicodeDecodeError) as error:
        fail(".env", f"unreadable ({error})", "lines of NAME=value in UTF-8")


_env = Environment({**settings_file(), **os.environ}, ROOT)


class Config:
    """What the program runs with. Names as in the README's table; lower-case helpers are not settings."""

    INSTANCE_DIR = _env.folder("INSTANCE_DIR", "instance")
    SECRET_KEY = _env.text("SECRET_KEY") or load_or_create_secret_key(INSTANCE_DIR)
    SQLALCHEMY_DATABASE_URI = _env.database("SQLALCHEMY_DATABASE_URI")
    # A dead connection is noticed before it is used, so a database restart costs no failed request, and within a minute
    # where nobody uses it: the live feed only listens.
    SQLALCHEMY_ENGINE_OPTIONS = {  # noqa: RUF012
        "pool_pre_ping": True,
        "pool_timeout": 10,
        "hide_parameters": True,  # a person's figures belong into no log
        "connect_args": {"connect_timeout": 5, "keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3},
    }

    CREDS_DIR = _env.folder("CREDS_DIR", "creds")
    STRAVA_CLIENT_ID = _env.text("STRAVA_CLIENT_ID")
    STRAVA_CLIENT_SECRET = _env.text("STRAVA_CLIENT_SECRET")
    FITBIT_CLIENT_ID = _env.text("FITBIT_CLIENT_ID")
    FITBIT_CLIENT_SECRET = _env.text("FITBIT_CLIENT_SECRET")
    STRAVA_API_BASE = _env.url("STRAVA_API_BASE", "https://www.strava.com/api/v3")
    STRAVA_OAUTH_BASE = _env.url("STRAVA_OAUTH_BASE", "https://www.strava.com/oauth")
    GOOGLE_HEALTH_BASE = _env.url("GOOGLE_HEALTH_BASE", "https://health.googleapis.com/v4")
    GOOGLE_AUTH_URL = _env.url("GOOGLE_AUTH_URL", "https://accounts.google.com/o/oauth2/v2/auth")
    GOOGLE_TOKEN_URL = _env.url("GOOGLE_TOKEN_URL", "https://oauth2.googleapis.com/token")
    GOOGLE_REVOKE_URL = _env.url("GOOGLE_REVOKE_URL", "https://oauth2.googleapis.com/revoke")

    TIMEZONE = _env.timezone("TIMEZONE")
    WEEK_START = _env.choice("WEEK_START", "sunday", "monday", "saturday")
    UNITS = _env.choice("UNITS", "metric", "imperial")
    FEED_INTERVAL_SECONDS = _env.number("FEED_INTERVAL_SECONDS", 33, 0.1, 3600)
    SYNC_INTERVAL_MINUTES = _env.number("SYNC_INTERVAL_MINUTES", 10, 0.1, 1440)
    SYNC_LOOKBACK_DAYS = _env.whole("SYNC_LOOKBACK_DAYS", 14, 1, 3650)
    STRAVA_RETENTION_DAYS = _env.whole("STRAVA_RETENTION_DAYS", 0, 0, 3650)

    INBOX_DIR = _env.folder("INBOX_DIR", f"{INSTANCE_DIR}/inbox")
    MAX_UPLOAD_MB = _env.whole("MAX_UPLOAD_MB", 4096, 1, 1_000_000)

    BIND_ADDRESS = _env.address("BIND_ADDRESS", "127.0.0.1")
    PORT = _env.whole("PORT", 5000, 1, 65535)
    DASHBOARD_PASSWORD = _env.text("DASHBOARD_PASSWORD")
    DASHBOARD_PASSWORD_HASH = _env.password_hash("DASHBOARD_PASSWORD_HASH")
    PUBLIC_BASE_URL = _env.url("PUBLIC_BASE_URL", f"http://localhost:{PORT}")
    TRUSTED_PROXIES = _env.whole("TRUSTED_PROXIES", 0, 0, 9)
    SOCKETIO_ASYNC_MODE = _env.choice("SOCKETIO_ASYNC_MODE", "eventlet", "gevent")
    PREFECT_API_URL = _env.url("PREFECT_API_URL", "") or None
    PREFECT_API_AUTH_STRING = _env.user_and_password("PREFECT_API_AUTH_STRING")
    PREFECT_API_AUTH_STRING_FILE = _env.text("PREFECT_API_AUTH_STRING_FILE")  # read when it is needed (prefect_api.py)
    DEMO = _env.switch("DEMO", True) and not (STRAVA_CLIENT_ID or FITBIT_CLIENT_ID)

    NOTIFY_URLS = _env.addresses("NOTIFY_URLS")
    """Where to tell that something needs a hand, beside the addresses typed into the page (app/notify/addresses.py)."""

    LOG_FORMAT = _env.choice("LOG_FORMAT", "text", "json")
    METRICS_PORT = _env.whole("METRICS_PORT", 0, 1, 65535) or None
    """Where the web process answers Prometheus, on loopback; in a container on the container's own network."""

    # Where the updater's own simulator answers while the demo is on; the updater sets it for its flow runs.
    SIMULATOR_URL = _env.url("SIMULATOR_URL", "") or None

    BOOTSTRAP_SERVE_LOCAL = True
    COMPRESS_ALGORITHM = ("br", "gzip")
    COMPRESS_MIMETYPES = ("text/html", "text/css", "text/javascript", "application/json", "image/svg+xml")
    SESSION_COOKIE_SAMESITE = "Lax"
    PERMANENT_SESSION_LIFETIME = timedelta(days=365)  # from the last visit: a screen on a wall stays signed in
    WTF_CSRF_TIME_LIMIT = None  # a form is good for as long as the session that it was made for
    SESSION_COOKIE_SECURE = PUBLIC_BASE_URL.startswith("https://")

    if METRICS_PORT == PORT:
        fail("METRICS_PORT", str(METRICS_PORT), "a port other than PORT's")
    if DASHBOARD_PASSWORD and DASHBOARD_PASSWORD_HASH:
        fail("DASHBOARD_PASSWORD_HASH", "(hidden)", "the place of DASHBOARD_PASSWORD, and that is set, too: remove one")
    if BIND_ADDRESS not in LOOPBACK and not (DASHBOARD_PASSWORD or DASHBOARD_PASSWORD_HASH):
        fail(
            "BIND_ADDRESS", BIND_ADDRESS, f"one of {', '.join(LOOPBACK)}, or any address once DASHBOARD_PASSWORD is set"
        )
    if BIND_ADDRESS not in LOOPBACK and DASHBOARD_PASSWORD and len(DASHBOARD_PASSWORD) < LEAST_PASSWORD:
        fail("DASHBOARD_PASSWORD", "(hidden)", f"{LEAST_PASSWORD} characters or more with BIND_ADDRESS {BIND_ADDRESS}")


class UpdaterConfig(Config):
    """The updater serves nobody, so it needs no green threads."""

    SOCKETIO_ASYNC_MODE = "threading"


class TestConfig(UpdaterConfig):
    """What the tests run with: nothing of the machine's own accounts; the database is set by the fixtures."""

    __test__ = False  # tells pytest that this is no test class
    TESTING = True
    WTF_CSRF_ENABLED = False
    SECRET_KEY = "test"
    TIMEZONE = "Europe/Berlin"
    DEMO = False
    STRAVA_CLIENT_ID = STRAVA_CLIENT_SECRET = FITBIT_CLIENT_ID = FITBIT_CLIENT_SECRET = None
    DASHBOARD_PASSWORD = DASHBOARD_PASSWORD_HASH = None
    NOTIFY_URLS = ()
