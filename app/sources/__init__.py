"""The outside world: what the providers hold, as plain records. No Flask and no SQLAlchemy in here."""
