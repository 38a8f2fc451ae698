"""CITATION.cff: what its format requires is there, and it is of this version."""

import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text())


def named(person: dict[str, str]) -> bool:
    """An entity has a name, a person a family name and a given one."""
    return "name" in person or {"family-names", "given-names"} <= person.keys()


def test_what_the_format_requires_is_there():
    assert {"cff-version", "message", "title", "authors"} <= CITATION.keys()
    assert CITATION["cff-version"] == "1.2.0"
    assert CITATION["type"] == "software"
    assert CITATION["authors"]
    assert all(map(named, CITATION["authors"]))


def test_the_paper_is_the_preferred_citation_and_complete():
    paper = CITATION["preferred-citation"]
    assert {"type", "title", "authors", "year", "identifiers"} <= paper.keys()
    assert all(map(named, paper["authors"]))
    assert paper["identifiers"] == [{"type": "other", "value": "arXiv:2504.02953"}]


def test_version_and_licence_are_the_package_s():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert (CITATION["version"], CITATION["license"]) == (project["version"], project["license"])
