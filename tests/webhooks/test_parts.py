from __future__ import annotations

import pytest

from engine.errors import ConfigError
from tests.support.web import parts, serving
from webhooks.parts import assemble
from webhooks.settings import read


def test_everything_stands_in_one_folder(tmp_path):
    with parts(tmp_path / "data") as made:
        assert (tmp_path / "data" / "digbot.db").is_file()
        assert made.max_body > made.bot.host.limits.pack
        assert made.engine.uploads_allowed == made.bot.uploads_allowed


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({}, True),
        ({"server.bind": "0.0.0.0"}, False),
        ({"server.bind": "0.0.0.0", "git.create": "true"}, True),
        ({"git.create": "false"}, False),
    ],
)
def test_who_may_make_repositories_by_pushing(tmp_path, config, expected):
    with parts(tmp_path / "data", config) as made:
        assert made.bot.host.create is expected


def test_parameters_of_every_attempt(tmp_path):
    config = {"digdag.defaultParams": '{"a": 1, "b": 1}'}
    url = f"sqlite:///{tmp_path}/digbot.db"

    made = assemble(tmp_path, url, config, read(config), params={"b": 2})

    assert made.engine.settings.default_params == {"a": 1, "b": 2}
    made.close()


def test_settings_that_cannot_be_used(tmp_path):
    config = {"executor.task_max_run": "many"}

    with pytest.raises(ConfigError, match=r"executor\.task_max_run"), parts(tmp_path, config):
        pass


def test_stops_and_starts_again(tmp_path):
    for _ in range(2):
        with serving(tmp_path) as url:
            assert url.startswith("http://127.0.0.1:")


def test_pages_of_other_sites_are_kept_out(tmp_path):
    from werkzeug.test import Client

    from tests.support.web import parts

    with parts(tmp_path / "closed") as made:
        headers = {"Host": "evil.example"}
        assert Client(made.application).get("/api/projects", headers=headers).status_code == 403
    with parts(tmp_path / "named", {"server.allowed-hosts": "a.example, b.example"}) as made:
        headers = {"Host": "b.example"}
        assert Client(made.application).get("/api/projects", headers=headers).status_code == 200
