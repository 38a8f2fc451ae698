"""A copy of the finished run for each fault, and the table of what the faults cost."""

import os
import shutil
from dataclasses import asdict
from pathlib import Path

import pytest
from fault_table import Table, Trial, seed
from workdir import Workdir

TABLE = Table()


@pytest.fixture
def workdir(finished, tmp_path) -> Workdir:
    """A copy of the finished run, gone after the test: disk is short where models are."""
    copy = finished.workdir.copied(tmp_path / "run")
    yield copy
    shutil.rmtree(copy.path)


@pytest.fixture(scope="session")
def table() -> Table:
    """Where trials are counted."""
    return TABLE


def pytest_sessionfinish(session: pytest.Session) -> None:
    """One worker of several: its trials go to the process that prints the table."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["trials"] = [asdict(trial) for trial in TABLE.trials]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node) -> None:
    # A worker that died has no output.
    TABLE.trials += [Trial(**trial) for trial in getattr(node, "workeroutput", {}).get("trials", [])]


def pytest_report_header() -> str:
    return f"moments of kills: FAULT_SEED={seed()}"


def pytest_terminal_summary(terminalreporter) -> None:
    if TABLE.trials:
        terminalreporter.section(f"faults (FAULT_SEED={seed()})")
        terminalreporter.write_line("\n".join(TABLE.lines()))
        if os.environ.get("FAULT_TABLE"):
            TABLE.save(Path(os.environ["FAULT_TABLE"]))
