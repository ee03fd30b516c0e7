"""The page where the person chooses how the week is shown."""

from app.settings import notifications as notifications
from app.settings.views import bp

__all__ = ["bp"]
