from __future__ import annotations

from bot.cli.definitions import system_timezone


def test_the_computers_zone(monkeypatch):
    monkeypatch.setenv("TZ", ":Asia/Tokyo")
    assert system_timezone() == "Asia/Tokyo"
    monkeypatch.delenv("TZ")
    assert system_timezone()
