"""Dialogues over two shards, played by a server of ours: the very questions of one job, and the same table."""

import shutil

from hosted import Server
from hosted_teacher import CONFIGS, DIALOGUES, SCENARIOS, STAGE, hire, keys
from workdir import Workdir


def test_dialogues_of_two_shards_are_those_of_one_job(tmp_path):
    workdir, path = Workdir(tmp_path), tmp_path / DIALOGUES
    with Server() as server:
        hire(workdir, server)

        def made(*arguments: str) -> tuple[int, bytes]:
            before = len(server.bodies)
            status, output = workdir.run(DIALOGUES, *arguments, configs=CONFIGS)
            assert status == 0, output
            return len(server.bodies) - before, path.read_bytes()

        status, output = workdir.run(SCENARIOS, configs=CONFIGS)
        assert status == 0, output
        asked, dialogues = made("--config", "shards=2")
        first, second = keys(tmp_path)
        assert asked == len(first) + len(second) == len(first | second)
        assert [file.name for file in path.parent.iterdir()] == [path.name]

        path.unlink()
        assert made() == (0, dialogues)

        path.unlink()
        shutil.rmtree(tmp_path / "results/demo/journal" / STAGE)
        assert made() == (asked, dialogues)
        assert keys(tmp_path) == [first | second]
