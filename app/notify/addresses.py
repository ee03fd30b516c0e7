"""Where to tell: the addresses of NOTIFY_URLS, and those typed into the page, which are kept as other secrets are."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app.sources.errors import SourceError
from app.sources.secret_file import SecretFile

Config = Mapping[str, Any]
MOST = 20


def kept(config: Config) -> SecretFile:
    """Beside the tokens, where web and updater both read it afresh."""
    return SecretFile(Path(config["CREDS_DIR"]) / "notify.json")


def typed(config: Config) -> list[str]:
    """None of a file that cannot be read: the page says so (damage)."""
    try:
        return understood(kept(config).load())
    except SourceError:
        return []


def understood(content: Any) -> list[str]:
    urls = content.get("urls") if isinstance(content, dict) else None
    return [url for url in urls if isinstance(url, str)] if isinstance(urls, list) else []


def damage(config: Config) -> str:
    """What is wrong with the file, in a sentence; '' where nothing is."""
    file = kept(config)
    try:
        file.load()
    except SourceError:
        return f"{file.path} cannot be read, so the addresses typed in here tell nothing: add them again."
    return ""


def all_of(config: Config) -> list[str]:
    """Each once, those of the environment first."""
    return list(dict.fromkeys([*config["NOTIFY_URLS"], *typed(config)]))


def add(config: Config, urls: list[str]) -> None:
    """Raises GiveUp or Retry where they cannot be kept."""
    file = kept(config)
    with file.locked():
        file.store({"urls": list(dict.fromkeys([*typed(config), *urls]))})


def remove(config: Config, number: int) -> None:
    file = kept(config)
    with file.locked():
        left = [url for place, url in enumerate(typed(config)) if place != number]
        file.store({"urls": left})
