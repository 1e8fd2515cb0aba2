import subprocess
import sys

import pytest

from engine.operators import registry


@pytest.mark.parametrize("name", registry.BUILT_IN)
def test_every_entry_is_an_operator_of_that_name(name):
    operator = registry.find(name)
    assert operator is not None
    assert operator.name == name
    assert registry.find(name) is operator


def test_an_unknown_name_is_nobodys():
    assert registry.find("no_such_operator") is None


def test_plugins_are_entry_points(tmp_path, monkeypatch):
    info = tmp_path / "plugin-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: plugin\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[digbot.operators]\nhello = my_plugin:Hello\n")
    (tmp_path / "my_plugin.py").write_text('class Hello:\n    name = "hello"\n    options = ()\n')
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(registry, "_made", {})
    assert registry.find("hello").name == "hello"
    assert "hello" in registry.names()


def test_the_catalog_knows_the_options():
    catalog = registry.catalog()
    assert "sh" in catalog
    assert "shell" in {option.name for option in catalog.options("sh")}
    assert "no_such_operator" not in catalog


def test_looking_for_operators_imports_nothing_heavy():
    script = (
        "import sys; from engine.operators.registry import catalog; catalog();"
        "heavy = {'sqlalchemy', 'flask', 'quickjs', 'docker', 'importlib.metadata', 'cryptography',"
        " 'jsonschema'} & set(sys.modules); assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
