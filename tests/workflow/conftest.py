"""What the tests of this folder read of the finished run."""

import json

import pytest
from workdir import TARGET


@pytest.fixture(scope="session")
def scorecard(finished) -> dict[str, object]:
    """The scorecard of the finished run."""
    return json.loads((finished.workdir.path / TARGET).read_text())
