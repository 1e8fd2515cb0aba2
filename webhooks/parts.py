"""The parts of a server, put together: database, engine, API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

from engine.model import Params
from engine.params import merge
from engine.service import Engine
from engine.settings import Settings
from engine.store.database import Database
from webhooks.api.base import Services
from webhooks.app import compose, create_app
from webhooks.auth import Authenticator, Wsgi
from webhooks.settings import ServerSettings

BODY_ROOM = 1024 * 1024  # bytes of a request beside an archive or a pack


@dataclass(frozen=True)
class Parts:
    """What serves until `stop`. `max_body` is in bytes, for the largest request that makes sense."""

    database: Database
    engine: Engine
    application: Wsgi
    max_body: int

    def start(self) -> None:
        self.engine.run()

    def stop(self, grace: float) -> None:
        self.engine.stop(grace)

    def close(self) -> None:
        self.database.close()


def assemble(
    folder: Path, url: str, config: Mapping[str, str], settings: ServerSettings, params: Params
) -> Parts:
    """Open the database (migrated if need be) and make everything that uses it."""
    engine_settings = Settings.from_config(config)
    engine_settings = replace(
        engine_settings, default_params=merge(engine_settings.default_params, params)
    )
    migrate = config.get("database.migrate", "true").strip().lower() != "false"
    database = Database.open(url, migrate=migrate)
    try:
        engine = Engine(database, folder, settings=engine_settings)
        services = Services(engine, None, settings.api, version("digbot"))
        api = create_app(services)
        application = compose(
            api.wsgi_app, None, Authenticator(settings.credentials), settings.headers
        )
    except BaseException:
        database.close()
        raise
    return Parts(database, engine, application, engine_settings.upload_limit + BODY_ROOM)
