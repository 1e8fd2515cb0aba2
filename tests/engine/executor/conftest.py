import pytest

from engine.testing import TestProject


@pytest.fixture
def project(tmp_path):
    """Makes a project of files; one test makes one."""

    def make(files=(), **options):
        return TestProject(tmp_path, dict(files), **options)

    return make
