"""Where a server's data lies: the folder, and the database of the settings (rest-api.md §14)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote, urlencode

from engine.errors import ConfigError

FILE = "digbot.db"
TYPES = ("h2", "sqlite", "postgresql")
_DRIVER_OPTIONS = {
    "database.sslmode": "sslmode",
    "database.sslcert": "sslcert",
    "database.sslkey": "sslkey",
    "database.sslrootcert": "sslrootcert",
}


def data_folder(chosen: str | None, config: Mapping[str, str]) -> Path:
    """The option, else `database.path`, else the user's data folder for digbot."""
    if chosen or config.get("database.path"):
        return Path(chosen or config["database.path"]).absolute()
    from platformdirs import user_data_path

    return user_data_path("digbot")


def database_url(folder: Path, config: Mapping[str, str]) -> str:
    """SQLite in the data folder, unless the settings name a PostgreSQL server."""
    kind = config.get("database.type", "sqlite")
    if kind not in TYPES:
        raise ConfigError(f"database.type: expected {', '.join(TYPES)} but got '{kind}'")
    if kind != "postgresql":  # h2 is Digdag's word for a file of its own; here that is SQLite
        return f"sqlite:///{folder / FILE}"
    missing = [key for key in ("host", "database", "user") if not config.get(f"database.{key}")]
    if missing:
        raise ConfigError(f"database.{missing[0]} is required with database.type = postgresql")
    user = quote(config["database.user"], safe="")
    password = quote(config.get("database.password", ""), safe="")
    address = f"{config['database.host']}:{config.get('database.port', '5432')}"
    options = {name: config[key] for key, name in _DRIVER_OPTIONS.items() if config.get(key)}
    query = f"?{urlencode(options)}" if options else ""
    return (
        f"postgresql://{user}{f':{password}' if password else ''}@{address}"
        f"/{quote(config['database.database'], safe='')}{query}"
    )
