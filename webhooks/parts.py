"""The parts of a server, put together: database, engine, bot, API and git remote."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

from bot.deploy import Bot
from bot.store import BRANCH as BOT
from engine.model import Params
from engine.params import merge
from engine.service import Engine
from engine.settings import Settings
from engine.store.database import ENGINE, Database
from webhooks.api.base import Services
from webhooks.app import compose, create_app
from webhooks.auth import Authenticator, Wsgi, is_loopback
from webhooks.browsers import keep_out
from webhooks.git import git_app
from webhooks.settings import ServerSettings

BODY_ROOM = 1024 * 1024  # bytes of a request beside an archive or a pack


@dataclass(frozen=True)
class Parts:
    """What serves until `stop`. `max_body` is in bytes, for the largest request that makes sense."""

    database: Database
    engine: Engine
    bot: Bot
    application: Wsgi
    max_body: int

    def start(self) -> None:
        """First what a server that was killed had begun, then everything that goes on."""
        self.bot.recover()
        self.engine.run()
        self.bot.start()

    def stop(self, grace: float) -> None:
        self.bot.stop()
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
    database = Database.open(url, branches=[ENGINE, BOT], migrate=migrate)
    try:
        engine = Engine(database, folder, settings=engine_settings)
        bot = Bot(
            engine,
            database,
            folder,
            engine.clock,
            create_repositories=_may_create(config, settings),
        )
        engine.uploads_allowed = bot.uploads_allowed
        api = create_app(Services(engine, bot, settings.api, version("digbot")))
        application = compose(
            api.wsgi_app,
            git_app(bot.host),
            Authenticator(settings.credentials),
            settings.headers,
        )
        application = keep_out(
            application, is_open=settings.credentials is None, allowed=settings.allowed_hosts
        )
    except BaseException:
        database.close()
        raise
    most = max(engine_settings.upload_limit, bot.host.limits.pack)
    return Parts(database, engine, bot, application, most + BODY_ROOM)


def _may_create(config: Mapping[str, str], settings: ServerSettings) -> bool:
    """Whether the first push to a name makes the repository (git-bot.md §12)."""
    text = config.get("git.create")
    if text is None:
        return is_loopback(settings.bind)
    return text.strip().lower() == "true"
