"""What the `server` command reads from the configuration (rest-api.md §14, cli.md §6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.errors import ConfigError
from webhooks.api.base import ApiSettings
from webhooks.auth import Credentials
from webhooks.browsers import SETTING

HEADERS = "server.http.headers."
MOST_PORT = 65535


@dataclass(frozen=True, slots=True)
class ServerSettings:
    bind: str = "127.0.0.1"
    port: int = 65432
    grace: float = 30.0  # seconds
    threads: int = 16
    credentials: Credentials | None = None
    allowed_hosts: tuple[str, ...] = ()  # see webhooks/browsers.py
    headers: Mapping[str, str] = field(default_factory=dict)
    runtime_info: str | None = None
    api: ApiSettings = field(default_factory=ApiSettings)


_DEFAULT = ServerSettings()


def read(config: Mapping[str, str]) -> ServerSettings:
    """Raises `ConfigError` for a value that cannot be used; unknown keys are ignored."""
    return ServerSettings(
        bind=config.get("server.bind", _DEFAULT.bind),
        port=integer(config, "server.port", _DEFAULT.port, most=MOST_PORT),
        grace=float(integer(config, "server.stop-grace", int(_DEFAULT.grace))),
        threads=integer(config, "server.http.worker-threads", _DEFAULT.threads, least=2),
        credentials=_credentials(config),
        allowed_hosts=tuple(config.get(SETTING, "").replace(",", " ").split()),
        headers={
            key.removeprefix(HEADERS): value
            for key, value in config.items()
            if key.startswith(HEADERS)
        },
        runtime_info=config.get("server.runtime-info.path"),
        api=_api(config),
    )


def integer(
    config: Mapping[str, str], key: str, default: int, *, least: int = 0, most: int = 2**31 - 1
) -> int:
    text = config.get(key)
    if text is None:
        return default
    try:
        number = int(text)
    except ValueError:
        raise ConfigError(f"{key}: expected a whole number but got '{text}'") from None
    if not least <= number <= most:
        raise ConfigError(f"{key}: expected a number from {least} to {most} but got {number}")
    return number


def _credentials(config: Mapping[str, str]) -> Credentials | None:
    """`server.authenticator.basic.*`, or the older `basicauth.*` (rest-api.md §3)."""
    kind = config.get("server.authenticator.type", "basic")
    if kind != "basic":
        raise ConfigError(f"server.authenticator.type: expected basic but got '{kind}'")
    for prefix in ("server.authenticator.basic", "basicauth"):
        name, password = config.get(f"{prefix}.username"), config.get(f"{prefix}.password")
        if not name and not password:
            continue
        if not name or not password:
            absent = "password" if name else "username"
            raise ConfigError(f"{prefix}.{absent} is missing: user and password go together")
        admin = config.get(f"{prefix}.admin", "false").strip().lower() == "true"
        return Credentials(name, password, admin)
    return None


def _api(config: Mapping[str, str]) -> ApiSettings:
    check = "server.client-version-check"
    default = ApiSettings()
    return ApiSettings(
        max_sessions_page_size=integer(
            config, "api.max_sessions_page_size", default.max_sessions_page_size, least=1
        ),
        max_attempts_page_size=integer(
            config, "api.max_attempts_page_size", default.max_attempts_page_size, least=1
        ),
        upgrade_recommended_if_older=config.get(f"{check}.upgrade-recommended-if-older"),
        api_incompatible_if_older=config.get(f"{check}.api-incompatible-if-older"),
    )
