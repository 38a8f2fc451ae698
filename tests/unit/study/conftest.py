"""What tests of the dialogue browser share: a page with all that may go wrong in it, and Chromium to open it in."""

import chromium
import pytest
from browser_pages import WIDE, browsed


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    """A culture's artifacts, their journals, and the page made of them."""
    made = browsed(tmp_path_factory.mktemp("browser"))
    # One browser for all tests of a module.
    with chromium.opened(made["page"]):
        yield made


@pytest.fixture
def opened(paths):
    """The page, opened anew; in the end nothing has gone wrong in it."""
    with chromium.opened(paths["page"], viewport=WIDE) as (page, problems):
        yield page
        assert problems == []
        assert page.evaluate("window.harmed") is None
