"""Who ran a study, when and with what."""

import json
from pathlib import Path

from clca.audit.circumstances import UNNAMED, agent, metas, model, times, versions
from clca.audit.jobs import Files, Job


def job(*outputs: str, **facts) -> Job:
    return Job(rule="r", input=Files(values=[]), output=Files(values=list(outputs)), **facts)


def test_an_agent_is_a_name_or_a_name_with_an_orcid():
    orcid = "https://orcid.org/0000-0002-1825-0097"
    assert agent(f"Ada Lovelace {orcid}") == (orcid, "Ada Lovelace")
    assert agent("Ada Lovelace") == ("#agent", "Ada Lovelace")
    assert agent(None) == agent("  ") == ("#agent", UNNAMED)


def test_times_go_from_the_first_start_to_the_last_end_of_what_has_a_record():
    jobs = [job("a", started=60.0, ended=90.0), job("b", started=86400.0, ended=86401.5), job("c")]
    assert times(jobs) == {"startTime": "1970-01-01T00:01:00+00:00", "endTime": "1970-01-02T00:00:01+00:00"}
    assert times(jobs[2:]) == {}


def test_versions_are_those_of_the_newest_scorecard(tmp_path: Path):
    for name, written in (("a", "2026-01-02"), ("b", "2026-01-01")):
        facts = {"machine": "x86_64", "python": "3.11.7", "versions": {"numpy": name}, "written": written}
        (tmp_path / f"{name}.meta.json").write_text(json.dumps(facts))
    found = metas([job(str(tmp_path / "b.meta.json"), str(tmp_path / "wvs.json")), job(str(tmp_path / "a.meta.json"))])
    assert versions(found)["numpy"] == "a"
    assert versions(found)["python"] == "3.11.7"
    assert list(versions([])) == ["snakemake"]


def test_a_model_is_told_without_where_it_lies(tmp_path: Path):
    path = tmp_path / "m.json"
    path.write_text(json.dumps({"name": "/data/weights/Llama", "revision": "abc", "license": "apache-2.0"}))
    slug, facts = model(job(str(path), wildcards={"model": "m"}))
    assert (slug, facts["name"], facts["version"]) == ("m", "m: Llama", "abc")
    assert facts["license"] == "https://spdx.org/licenses/Apache-2.0"
    path.write_text(json.dumps({"name": "owner/model", "revision": "abc", "license": None}))
    assert "license" not in model(job(str(path), wildcards={"model": "m"}))[1]
