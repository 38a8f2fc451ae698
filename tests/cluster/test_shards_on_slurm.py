"""Two shards of a stage as two jobs of SLURM: the table that one job makes here."""

import shutil

import cluster
import pytest
from cluster import Cluster
from hosted import Server
from hosted_teacher import CONFIGS, DIALOGUES, SCENARIOS, STAGE, hire, keys


@pytest.mark.ci
def test_two_shards_give_the_table_of_one_job(site: Cluster):
    path = site.path / DIALOGUES
    with Server() as server:
        hire(site, server)
        status, output = site.run(SCENARIOS, configs=CONFIGS)
        assert status == 0, output
        before = len(server.bodies)
        process = site.submit(DIALOGUES, "--config", "shards=2", configs=CONFIGS)
        status, output = site.wait(process, 400)
        assert status == 0, output
        asked, of_two, files = len(server.bodies) - before, path.read_bytes(), keys(site.path)
        done = [job.rule for job in cluster.jobs() if job.state == "COMPLETED"]
        assert done.count("dialogues_shard") >= 2
        assert asked == sum(map(len, files)) == len(set.union(*files))

        path.unlink()
        shutil.rmtree(site.path / "results/demo/journal" / STAGE)
        status, output = site.run(DIALOGUES, configs=CONFIGS)
        assert status == 0, output
        assert path.read_bytes() == of_two
