"""Crate, audit page, reasons and cards of a run whose models' replies are made up; all else is made by the real rules.

The survey is a file of made-up rows with a marked respondent among them, whom nothing that is shared may tell of.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import marked
import pytest
import yaml
from axe_playwright_python.sync_playwright import Axe
from chromium import opened
from crate_context import warmed
from made_up_study import fill
from survey_files import people, zipped
from workdir import TARGET, TINY, Workdir

from clca.audit.carried import METADATA, told

STUDY, CARD = "results/demo/study", "results/demo/smollm2/japan/card.md"
DATA = "results/demo/data/japan"
ADAPTER = "results/demo/smollm2/japan/clca/seed42/adapter/adapter_model.safetensors"
CONFIGS = (*TINY, "survey.yaml")
TARGETS = (TARGET, "all", "cards")
TRACES = [*marked.IDENTIFIERS, *marked.listed(marked.ANSWERS), *marked.listed(marked.FIELDS)]


def clca(workdir: Workdir, command: str, *arguments: str, configs: tuple[str, ...] = CONFIGS) -> tuple[int, str]:
    """The command line: exit status and what it printed."""
    words = [sys.executable, "-m", "clca", command, *arguments, "--configfile", *configs, "--", *TARGETS]
    done = subprocess.run(words, cwd=workdir.path, env=workdir.environment, capture_output=True, text=True, timeout=300)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def workdir(tmp_path_factory: pytest.TempPathFactory) -> Workdir:
    """The run, with its crate and its page."""
    folder = Workdir(tmp_path_factory.mktemp("audited"))
    zipped(marked.mark([*people("JPN", 60), *people("MEX", 20)], 30), folder.path / "survey.zip")
    limits = {"personas": 6, "file": str(folder.path / "survey.zip")}
    (folder.path / "survey.yaml").write_text(yaml.safe_dump({"survey": limits}))
    status, output = folder.run("results/demo/survey/japan/personas.parquet", configs=CONFIGS)
    assert status == 0, output
    jobs = [sys.executable, "workflow/jobs.py", "--configfile", *CONFIGS, "--", *TARGETS]
    told = subprocess.run(jobs, cwd=folder.path, env=folder.environment, capture_output=True, text=True, check=True)
    fill([json.loads(line) for line in told.stdout.splitlines()[1:]], folder.path)
    status, output = folder.run(*TARGETS, configs=CONFIGS)
    assert status == 0, output
    for command in ("crate", "audit"):
        status, output = clca(folder, command)
        assert status == 0, output
    return folder


@pytest.fixture(scope="module")
def crate(workdir: Workdir) -> dict[str, dict]:
    """The crate's entries by their ids."""
    content = json.loads((workdir.path / STUDY / METADATA).read_text())
    return {entity["@id"]: entity for entity in content["@graph"]}


def test_the_official_validator_takes_the_crate_without_a_network(workdir: Workdir, tmp_path: Path):
    command = [Path(sys.executable).with_name("rocrate-validator"), "--no-interactive", "validate", "--offline"]
    command += ["--cache-path", warmed(tmp_path / "cache"), "--profile-identifier", "workflow-run-crate"]
    command += ["--output-format", "json", "--output-file", tmp_path / "told.json", workdir.path / STUDY]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    told = json.loads((tmp_path / "told.json").read_text())
    assert (done.returncode, told["passed"], told["issues"]) == (0, True, [])
    assert told["meta"], done.stdout


def test_the_crate_tells_who_what_when_and_of_what(workdir: Workdir, crate: dict[str, dict]):
    run = crate["#run"]
    assert run["instrument"] == {"@id": "code/Snakefile"}
    assert run["startTime"] <= run["endTime"] == crate["./"]["datePublished"]
    assert crate["#value/training.learning_rate"]["value"] == 0.0005
    assert crate["#value/survey.file"]["value"] == told(workdir.path / "survey.zip")
    assert {"code/clca/study/pages/browser.js", "code/workflow/jobs.py", "code/envs/clca.yaml"} < crate.keys()
    job = crate[f"#job/{TARGET}"]
    assert job["instrument"] == {"@id": "code/workflow/scripts/wvs_scores.py"}
    made = {crate[one["@id"]]["name"] for one in job["result"]}
    assert made == {
        TARGET,
        TARGET.replace("wvs.json", "wvs.items.parquet"),
        TARGET.replace("wvs.json", "wvs.meta.json"),
    }
    names = {crate[one["@id"]]["name"] for one in job["object"]}
    assert {ADAPTER, "resources/models/smollm2.json", "permutations", "code"} < names
    assert crate["#model/smollm2"]["version"] == "r" * 40
    assert "pkg:pypi/polars" in json.dumps(crate["code/Snakefile"]["softwareRequirements"])


def test_every_hash_in_the_crate_is_the_file_s(workdir: Workdir, crate: dict[str, dict]):
    hashes = {entity["name"]: entity["sha256"] for entity in crate.values() if "sha256" in entity}
    names = [Path(name).name if name.startswith("elsewhere/") else name for name in hashes]
    paths = [workdir.path / name for name in names]
    told = subprocess.run(["sha256sum", *paths], capture_output=True, text=True, check=True).stdout.splitlines()
    assert [line.split()[0] for line in told] == list(hashes.values())
    assert {TARGET, CARD, ADAPTER, f"{DATA}/card.md", f"{STUDY}/code/Snakefile", "survey.zip"} < set(names)


def test_nothing_that_is_shared_tells_of_a_respondent(workdir: Workdir, crate: dict[str, dict]):
    assert marked.holders(workdir.path / "results/demo/survey", TRACES)
    assert marked.holders(workdir.path / STUDY, TRACES) == []
    assert not any(trace in (workdir.path / name).read_text() for name in (CARD, f"{DATA}/card.md") for trace in TRACES)
    files = [entity for entity in crate.values() if "File" in entity["@type"]]
    assert [one["@id"] for one in files if "demo/survey/" in one["name"] or "survey.zip" in one["name"]] == []
    kinds = {Path(name).name: entity["@type"] for name, entity in crate.items() if name.startswith("#private/")}
    assert kinds == dict.fromkeys(
        ["respondents.parquet", "personas.parquet", "summary.json", "survey.zip"], "CreativeWork"
    )
    assert str(workdir.path) not in (workdir.path / STUDY / METADATA).read_text()
    assert str(workdir.path) not in (workdir.path / STUDY / "audit.html").read_text()


def test_the_same_files_and_records_give_the_same_bytes(workdir: Workdir):
    path = workdir.path / STUDY / METADATA
    before = path.read_bytes()
    status, output = clca(workdir, "crate")
    assert status == 0, output
    assert path.read_bytes() == before
    assert [name for name in os.listdir(path.parent) if name.startswith(".")] == []


@contextmanager
def flipped(path: Path) -> Iterator[None]:
    """One bit of a file is another for a while; its date is as it was."""
    kept = path.with_name(f"{path.name}.kept")
    shutil.copy2(path, kept)
    content = bytearray(path.read_bytes())
    content[-2] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(kept.stat().st_atime_ns, kept.stat().st_mtime_ns))
    try:
        yield
    finally:
        kept.rename(path)


def test_verify_names_each_file_that_is_not_as_the_crate_tells(workdir: Workdir):
    losses = ADAPTER.replace("adapter_model.safetensors", "training_log.jsonl")
    scores, carried = TARGET.replace("wvs.json", "wvs.meta.json"), f"{STUDY}/code/clca/judging.py"
    with flipped(workdir.path / losses), flipped(workdir.path / scores), flipped(workdir.path / carried):
        status, output = clca(workdir, "verify")
    assert status == 1
    changed = output.partition("changed by hand")[2]
    for name in (losses, scores, carried):
        assert f"  {name}: not what {STUDY}/{METADATA} tells of it" in changed, output
    # The crate itself is no finding.
    assert f"  {STUDY}/{METADATA}: " not in output


def test_a_crate_of_results_that_settings_no_longer_fit_is_refused(workdir: Workdir):
    (workdir.path / "more.yaml").write_text("survey: {replicates: 300}\n")
    status, output = clca(workdir, "crate", configs=(*CONFIGS, "more.yaml"))
    assert status == 1
    (line,) = [line for line in output.splitlines() if line.startswith("error: ")]
    assert line.startswith(f"error: {TARGET}: made with other parameters: ")


def test_why_names_the_setting_and_the_file_of_code(workdir: Workdir):
    (workdir.path / "more.yaml").write_text("survey: {replicates: 300}\n")
    with workdir.edited("clca/audit/cards.py", lambda text: f"{text}\n\nMORE = 1\n"):
        status, output = clca(workdir, "why", configs=(*CONFIGS, "more.yaml"))
    assert status == 0, output
    assert "wvs_scores (1 job)\n" in output
    assert f"  {TARGET}: survey.replicates 200 -> 300\n" in output
    assert f"  {DATA}/card.md: code: clca/audit/cards.py\n" in output
    assert f"  {CARD}: code: clca/audit/cards.py" in output
    status, output = clca(workdir, "why")
    assert (status, "nothing would run" in output) == (0, True), output


def test_the_cards_say_who_wrote_how_much_was_kept_and_the_scores(workdir: Workdir):
    data, model = ((workdir.path / name).read_text() for name in (f"{DATA}/card.md", CARD))
    assert "| teacher | `smollm2`: m |" in data
    assert "| dropped: quality bad | 1 |" in data
    assert "| 1 | seed scenarios of this repository | Apache-2.0 |" in data
    assert "smollm2 against japan: 6 personas x 44 items" in model
    assert "| jsd | " in model


@pytest.fixture(scope="module")
def pending(workdir: Workdir) -> Path:
    """The page when a setting has changed."""
    (workdir.path / "more.yaml").write_text("survey: {replicates: 300}\n")
    before = (workdir.path / STUDY / "audit.html").read_bytes()
    status, output = clca(workdir, "audit", configs=(*CONFIGS, "more.yaml"))
    assert status == 0, output
    page = workdir.path / STUDY / "pending.html"
    page.write_bytes((workdir.path / STUDY / "audit.html").read_bytes())
    (workdir.path / STUDY / "audit.html").write_bytes(before)
    return page


JOB = "job-results-demo-smollm2-japan-wvs.json"


@pytest.mark.parametrize("options", [{}, {"color_scheme": "dark", "viewport": {"width": 390, "height": 800}}])
def test_the_page_has_no_error_no_request_and_no_serious_barrier(pending: Path, options: dict):
    with opened(pending, **options) as (page, problems):
        page.evaluate(f"location.hash = '{JOB}'")
        page.wait_for_selector(f"#{JOB.replace('.', '-dot-')}, [id='{JOB}'][open]")
        found = Axe().run(page).response["violations"]
        wide = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    assert problems == []
    assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == []
    assert not wide


def test_a_node_leads_to_its_job_and_the_page_says_why_it_would_run(pending: Path):
    with opened(pending) as (page, problems):
        page.locator("#frame .node.pending a", has_text="wvs_scores").click()
        job = page.locator(f"[id='{JOB}']")
        assert job.get_attribute("open") is not None
        told = job.inner_text()
        log = job.get_by_role("link", name="logs/demo/smollm2/japan/wvs_scores.log").get_attribute("href")
        listed = page.locator("section", has=page.locator("#rerun")).inner_text()
    assert problems == []
    assert "snakemake --configfile" in told
    assert "survey.replicates 200 -> 300" in told
    assert "survey.replicates 200 -> 300" in listed
    assert "sha256" in told
    assert (pending.parent / log).is_file()


def test_keys_and_wheel_zoom_the_drawing(pending: Path):
    with opened(pending) as (page, problems):
        width = "Number(document.getElementById('graph').getAttribute('viewBox').split(' ')[2])"
        whole = page.evaluate(width)
        frame = page.locator("#frame")
        frame.focus()
        page.keyboard.press("+")
        nearer = page.evaluate(width)
        frame.hover()
        page.mouse.wheel(0, 200)
        page.wait_for_function(f"{width} > {nearer}")
        page.keyboard.press("0")
        assert page.evaluate(width) == whole > nearer
        page.get_by_role("button", name="Zoom in").click()
        assert page.evaluate(width) < whole
    assert problems == []
