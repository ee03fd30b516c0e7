"""The page that shows how each account is connected."""

from app.connect.views import bp

__all__ = ["bp"]
