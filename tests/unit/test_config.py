"""The configuration: both shipped ones pass, and what Snakemake compares does not depend on the order of keys.

What is refused, and how it is told, is in test_refusals.py.
"""

import copy
import re
from pathlib import Path

import pytest
import yaml
from snakemake.utils import update_config

from clca.config import canonical, check, placed, placeless
from clca.errors import InputError

ROOT = Path(__file__).parents[2]
SCHEMA = yaml.safe_load((ROOT / "workflow/schemas/config.schema.yaml").read_text())


@pytest.fixture(autouse=True)
def _at_the_root(monkeypatch):
    monkeypatch.chdir(ROOT)


def test_shipped_configurations_pass():
    config = yaml.safe_load((ROOT / "config/config.yaml").read_text())
    check(config, SCHEMA)
    update_config(config, yaml.safe_load((ROOT / "config/demo.yaml").read_text()))
    check(config, SCHEMA)
    assert config["study"]["models"] == ["smollm2"]
    config = yaml.safe_load((ROOT / "config/config.yaml").read_text())
    update_config(config, yaml.safe_load((ROOT / "config/demo-study.yaml").read_text()))
    check(config, SCHEMA)
    assert config["study"]["cultures"] == ["japan", "mexico"]


def test_only_the_first_variant_must_name_a_teacher():
    config = yaml.safe_load((ROOT / "config/config.yaml").read_text())
    del config["variants"]["clca"]["teacher"]
    with pytest.raises(InputError, match=r"^config: variants\.clca lacks the key `teacher`"):
        check(config, SCHEMA)


def test_checking_changes_nothing():
    config = yaml.safe_load((ROOT / "config/config.yaml").read_text())
    before = copy.deepcopy(config)
    check(config, SCHEMA)
    assert config == before


def test_canonical_text_depends_on_values_and_not_on_the_order_of_keys():
    assert canonical({"b": 1, "a": {"d": 2, "c": [1, 2]}}) == canonical({"a": {"c": [1, 2], "d": 2}, "b": 1})
    assert canonical({"a": [1, 2]}) != canonical({"a": [2, 1]})
    assert canonical({"name": "東京"}) == '{"name": "東京"}'


@pytest.mark.parametrize("home", ["mine", "/home/al-ice/my stüdy", "../al-ice"])
def test_folders_come_back_into_text_from_which_they_were_taken(home: str):
    folders = {"results": f"{home}/results", "logs": f"{home}/results/logs", "benchmarks": f"{home}/times/"}
    paths = [f"{home}/results/a.txt", f"{home}/results/logs/{{model}}.log", "other/results/logs/a"]
    text = canonical({"paths": paths, "benchmark": re.escape(f"{home}/times/") + r"(?P<model>.+)\.jsonl$"})
    without = placeless(text, folders)
    assert f"{home}/" not in without
    assert re.escape("al-ice") not in without
    assert "other/results/logs/a" in without
    assert placed(without, folders) == text
