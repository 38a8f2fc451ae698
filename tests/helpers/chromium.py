"""A page in Debian's Chromium, and what goes wrong in it."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from locked import locked
from playwright.sync_api import Browser, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
# Without a sandbox, since tests may be root's; and nothing that talks to anybody by itself.
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
ARGUMENTS += ["--disable-background-networking", "--disable-component-update"]
OWN = ("file:", "data:", "blob:")


def executable() -> str:
    """The path of a Chromium; Debian's package is installed where there is none and this is root.

    Raises:
        RuntimeError: There is none, and it cannot be installed; the message says what to install.
    """
    with locked(Path(tempfile.gettempdir()) / "clca-chromium.lock"):
        found = _installed()
        if found is None and shutil.which("apt-get") and os.geteuid() == 0:
            environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
            # With fonts, which a bare machine has none of: what is where on a page hangs on them.
            wanted = "chromium fonts-liberation fonts-dejavu-core"
            for command in ("apt-get update -qq", f"apt-get install -y -qq --no-install-recommends {wanted}"):
                subprocess.run(command.split(), env=environment, capture_output=True, timeout=900, check=False)
            found = _installed()
    if found is None:
        raise RuntimeError(
            f"no browser to test pages in: install one of {', '.join(NAMES)} (Debian: apt-get install chromium)"
        )
    return found


def _installed() -> str | None:
    return next(filter(None, map(shutil.which, NAMES)), None)


@contextmanager
def opened(path: Path, **context_options: Any) -> Iterator[tuple[Page, list[str]]]:
    """A file opened in a fresh session, and a list that collects what goes wrong.

    Within another such block it is the same browser's: a fixture of a whole module may keep one, which saves seconds.

    Args:
        path: The HTML file.
        context_options: Of playwright's `new_context`, such as `viewport` or `color_scheme`.

    Yields:
        The page, and its problems so far: errors on the console and of scripts, and requests that leave the page.
    """
    problems: list[str] = []
    with _browser() as browser, browser.new_context(**context_options) as context:
        # Machines may be busy; nothing is waited for that does not come.
        context.set_default_timeout(120_000)
        page = context.new_page()
        page.on("console", lambda said: problems.append(f"console: {said.text}") if said.type == "error" else None)
        page.on("pageerror", lambda error: problems.append(f"error: {error}"))
        page.on(
            "request", lambda asked: None if asked.url.startswith(OWN) else problems.append(f"request: {asked.url}")
        )
        page.goto(path.resolve().as_uri())
        yield page, problems


_open: list[Browser] = []


@contextmanager
def _browser() -> Iterator[Browser]:
    """The browser of the block around, or one that is started for this."""
    if _open:
        yield _open[0]
        return
    with sync_playwright() as playwright:
        _open.append(playwright.chromium.launch(executable_path=executable(), args=ARGUMENTS))
        try:
            yield _open[0]
        finally:
            _open.pop().close()
