"""The audit page's text; in a browser it is opened in tests/workflow/test_audited_study.py."""

import base64
import hashlib
import re
from pathlib import Path

import pytest

from clca.audit.jobs import Files, Job, Workflow
from clca.audit.page import page

FAR = Files(values=["/data/secret/survey.csv"])
# Reasons to run, each of files that are elsewhere.
AWAY = {
    "changed": {"newer": ["/data/secret/survey.csv"]},
    "killed": {"incomplete": ["/data/secret/killed.txt"]},
    "gone": {"missing": ["/data/secret/gone.txt", "/data/secret/more.txt"]},
    "told": {"reason": "Updated input files: /data/secret/survey.csv; Missing output files: /data/secret/told.txt"},
}
HOSTILE = "</script><img src=x onerror=alert(1)>"


@pytest.fixture
def html(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The page of two jobs, one of which has hostile parameters and would run."""
    monkeypatch.chdir(tmp_path)
    Path("results").mkdir()
    Path("results/a.txt").write_text("made")
    config = {"pathvars": {"results": "results"}, "author": "m", "judge": "m", "models": {}, "note": HOSTILE}
    params = {"setting": f'{{"text": "{HOSTILE}"}}', "journal": "results/journal/a"}
    jobs = [
        Job(rule="first", input=Files(values=[]), output=Files(values=["results/a.txt"]), started=1.0, ended=75.0),
        Job(
            rule="second",
            wildcards={"culture": HOSTILE},
            input=Files(values=["results/a.txt", "/data/secret/survey.csv"]),
            output=Files(values=["results/b.txt"]),
            params=Files(values=list(params.values()), names=params),
            log=["logs/b.log"],
            runs=True,
            missing=["results/b.txt"],
        ),
        *[
            Job(rule=rule, input=FAR, output=Files(values=[f"/data/secret/{rule}.txt"]), runs=True, **facts)
            for rule, facts in AWAY.items()
        ],
    ]
    workflow = Workflow(config=config, strays=[], jobs=jobs)
    return page(workflow, ["--configfile", "/home/someone/my.yaml", "--", "results/b.txt"])


def test_nothing_that_others_wrote_is_markup(html: str):
    assert "<img" not in html
    assert html.count("</script>") == 1
    assert html.count("&lt;img src=x onerror=alert(1)&gt;") >= 3


def test_its_own_script_and_style_are_the_only_ones_that_it_lets_run(html: str):
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', html).group(1).replace("&#39;", "'")
    assert policy.startswith("default-src 'none'; ")
    for tag in ("style", "script"):
        (text,) = re.findall(f"<{tag}>(.*?)</{tag}>", html, re.DOTALL)
        allowed = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{allowed}'" in policy
    assert "style=" not in html


def test_a_job_is_told_with_what_is_known_of_it(html: str):
    assert "1970-01-01 00:00:01 UTC to 1970-01-01 00:01:15 UTC, 1 min 14 s" in html
    assert f"sha256 <code>{hashlib.sha256(b'made').hexdigest()}</code>" in html
    assert "not made yet" in html
    assert re.search("snakemake --configfile elsewhere/[0-9a-f]{6}/my.yaml -- results/b.txt", html)
    assert "results/journal" not in html


def test_no_path_of_the_machine_is_on_it(html: str):
    assert "secret" not in html
    assert "someone" not in html
    assert re.search("elsewhere/[0-9a-f]{6}/survey.csv", html)
