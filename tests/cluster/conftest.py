"""The cluster of one node that all tests of this folder share; each works in a folder of its own."""

import tempfile
from pathlib import Path

import cluster
import pytest
from locked import locked


@pytest.fixture(scope="session", autouse=True)
def _cluster():
    # Another session would stop the cluster under this one.
    with locked(Path(tempfile.gettempdir()) / "clca-cluster.lock"):
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
