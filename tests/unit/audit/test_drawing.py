"""The drawing of jobs: which nodes and arrows there are."""

import re
from xml.etree import ElementTree

import pytest

from clca.audit.drawing import MOST_NODES, svg
from clca.audit.jobs import Files, Job


def job(rule: str, number: int, *inputs: str) -> Job:
    output = Files(values=[f"{rule}{number}"])
    return Job(rule=rule, wildcards={"n": str(number)}, input=Files(values=list(inputs)), output=output)


def titles(text: str, kind: str) -> set[str]:
    """The names of nodes, or of arrows as `from->to`."""
    space = {"s": "http://www.w3.org/2000/svg"}
    return {
        group.find("s:title", space).text
        for group in ElementTree.fromstring(text).findall(f".//s:g[@class='{kind}']", space)
    }


def words(text: str) -> list[str]:
    return re.findall(r"<text[^>]*>([^<]+)</text>", text)


def test_few_jobs_are_a_node_each_with_their_wildcards():
    text = svg([job("train", 1), job("ask", 1, "train1"), job("ask", 2, "train1")])
    assert titles(text, "node") == {"train1", "ask1", "ask2"}
    assert titles(text, "edge") == {"train1->ask1", "train1->ask2"}
    assert words(text) == ["train", "1", "ask", "1", "ask", "2"]


@pytest.fixture
def many() -> list[Job]:
    return [job("train", 1), *(job("ask", number, "train1") for number in range(MOST_NODES))]


def test_many_jobs_are_folded_by_rule_with_counts(many: list[Job]):
    text = svg(many)
    assert titles(text, "node") == {"train", "ask"}
    assert titles(text, "edge") == {"train->ask"}
    assert words(text) == ["train", "1 job", "ask", f"{MOST_NODES} jobs"]


def test_what_would_run_is_marked_and_said(many: list[Job]):
    text = svg(many, told={"ask3": "why", "ask4": "why"})
    assert titles(text, "node pending") == {"ask"}
    assert f"{MOST_NODES} jobs, 2 would run" in words(text)
    assert "would run" in words(svg(many[:2], told={"train1": "why"}))


def test_an_arrow_is_left_out_where_a_longer_way_leads():
    text = svg([job("a", 1), job("b", 1, "a1"), job("c", 1, "a1", "b1")])
    assert titles(text, "edge") == {"a1->b1", "b1->c1"}


def test_nodes_link_where_they_are_told_to_and_names_are_no_markup():
    text = svg([job("a", 1)], lambda name: f"#job-{name}")
    assert 'xlink:href="#job-a1"' in text
    wild = job("a", 1)
    wild.wildcards = {"n": "<script>alert(1)</script>"}
    assert "<script" not in svg([wild], lambda name: "#x")
