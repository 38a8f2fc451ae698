"""The cluster of one node that all tests of this folder share; each works in a folder of its own."""

import cluster
import pytest


@pytest.fixture(scope="session", autouse=True)
def _cluster():
    missing = cluster.start()
    if missing:
        pytest.exit(missing, returncode=1)
    yield
    cluster.stop()


@pytest.fixture
def site(tmp_path):
    """A folder with the shipped profile as it is."""
    folder = cluster.Cluster(tmp_path)
    folder.site()
    yield folder
    cluster.cancel_all()
