"""Light or dark: what the head of every page says of it, as the person chose."""

from flask import Flask

from app.records import preferences

DARK_WHERE = {"": "(prefers-color-scheme: dark)", "light": "not all", "dark": "all"}
"""On which screens the dark colours count (static/dark.css), by the choice."""


def init_app(app: Flask) -> None:
    app.add_template_global(theme)
    app.add_template_global(DARK_WHERE, "dark_where")


def theme() -> str:
    """`light`, `dark`, or '' for as the device."""
    return preferences.read().theme


def theme_before() -> str:
    """As this process last read it: for a page that says that the database does not answer."""
    return preferences.known().theme
