"""The outside world as files: one reader a format, from bytes to records. No Flask, no database, no network here."""
