"""The one small family of errors that a source raises. Each says what the caller can do about it.

The message is a plain sentence for the person: what happened and, where there is one, the next step.
"""

from datetime import datetime


class SourceError(Exception):
    """Something went wrong at, or on the way to, a provider."""


class Retry(SourceError):
    """Passing trouble: the same call may succeed in a moment."""


class WaitUntil(SourceError):
    """A rate limit was reached: no call can succeed before ``until`` (aware UTC)."""

    def __init__(self, message: str, until: datetime) -> None:
        super().__init__(message, until)
        self.until = until

    def __str__(self) -> str:
        return str(self.args[0])


class Reconnect(SourceError):
    """The sign-in is gone or lacks a permission: only the person can mend it."""


class NotGranted(Reconnect):
    """One permission is missing; everything else that was granted goes on."""


class SignedInAnew(SourceError):
    """Somebody has signed in since this reading began: it ends, and another one begins with the new tokens."""


class GiveUp(SourceError):
    """The call will never succeed as it is: a setting, an account or a program error."""


class Misconfigured(GiveUp):
    """The client id or its secret is missing or wrong."""
