"""The page of files: what is brought in, what came of each import, and everything to take along."""

from app.importing import origins as origins  # its routes
from app.importing.views import bp

__all__ = ["bp"]
