"""Where merged weights go."""

import os
import socket
import time
from pathlib import Path

import pytest

from clca import node
from clca.engines import factory


@pytest.fixture
def adapter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv(node.STORAGE, raising=False)
    folder = tmp_path / "adapter"
    folder.mkdir()
    return folder


def test_merged_weights_lie_beside_the_adapter_where_no_disk_is_named(adapter):
    assert factory._place(adapter.parent, 1) == adapter.parent


def test_merged_weights_lie_on_a_disk_that_has_room_for_them(adapter, tmp_path, monkeypatch):
    monkeypatch.setenv(node.STORAGE, str(tmp_path / "disk"))
    assert factory._place(adapter.parent, 1) == tmp_path / f"disk/clca-{os.getuid()}"
    assert factory._place(adapter.parent, 1 << 60) == adapter.parent


def test_a_disk_that_is_no_folder_is_done_without(adapter, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv(node.STORAGE, str(tmp_path / "file"))
    assert factory._place(adapter.parent, 1) == adapter.parent


def test_what_killed_jobs_merged_goes_and_what_others_merge_stays(tmp_path):
    # No process has the first id, since Linux gives none above 2**22; the second is always there.
    gone, other = (tmp_path / f".merged-{socket.gethostname()}-{number}" for number in (2**22 + 1, 1))
    old, fresh = (tmp_path / f".merged-node-7-{number}" for number in (1, 2))
    for folder in (gone, other, old, fresh):
        folder.mkdir()
    os.utime(old, (0, time.time() - 25 * 3600))
    with factory._folder_in(tmp_path) as mine:
        assert mine.is_dir()
        assert not gone.exists()
        assert not old.exists()
    assert sorted(tmp_path.iterdir()) == sorted([other, fresh])
