"""Light or dark: what the head of every page says of it, as the person chose."""

from collections.abc import Callable

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from app.records import preferences
from app.records.rows import Preferences

DARK_WHERE = {"": "(prefers-color-scheme: dark)", "light": "not all", "dark": "all"}
"""On which screens the dark colours count (static/dark.css), by the choice."""


def init_app(app: Flask) -> None:
    app.add_template_global(theme)
    app.add_template_global(dark_where)


def dark_where(theme: str) -> str:
    return DARK_WHERE[theme]


def theme() -> str:
    """`light`, `dark`, or '' for as the device."""
    return chosen(preferences.read)


def remembered_theme() -> str:
    """As this process last read it: for a page that says that the database does not answer."""
    return chosen(preferences.remembered)


def chosen(read: Callable[[], Preferences]) -> str:
    try:
        return read().theme
    except SQLAlchemyError:  # tables that are missing or older: the page that says so looks as the device
        return ""
