"""The report of a study of made-up answers, opened in a browser: it is whole, and needs no network."""

import base64
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import polars as pl
import pytest
import yaml
from axe_playwright_python.sync_playwright import Axe
from chromium import opened
from made_up_study import fill
from playwright.sync_api import Page
from workdir import Workdir

RESULTS = Path("results/demo-study")
CONFIGS = ("config/demo-study.yaml", "tests/workflow/report.yaml")
# As small as shows every kind of figure and table.
SMALL = {
    "study": {
        "variants": ["clca"],
        "baselines": ["persona", "cultural"],
        "own_language": [],
        "reversed": [],
        "specificity": ["clca"],
    },
    "variants": {"clca": {"seeds": [42]}},
    "survey": {"replicates": 100, "permutations": 100},
}
# Milliseconds: a busy machine is no failure.
PATIENCE = 240_000
CULTURES = ("japan", "mexico")
OF_SCORES = {"scorecard", "scorecard in numbers", "answers beside people's", "what adapting moved"}

SNAKEMAKE_S_OWN: dict[str, str] = {}
"""Serious issues of Snakemake's page that no style sheet or script of ours mends, and why: none are left."""


@pytest.fixture(scope="module")
def workdir(tmp_path_factory: pytest.TempPathFactory) -> Workdir:
    """A study with all that its figures need, and no figure."""
    folder = Workdir(tmp_path_factory.mktemp("report"))
    source = folder.path / "of-mine/norms.jsonl"
    source.parent.mkdir()
    source.touch()
    # Places that a page could print.
    placed = {"sources": [{"kind": "culture_atlas", "path": str(source), "take": 1}]}
    own = {"pathvars": {"logs": str(folder.path / "of-mine/logs")}, "scenarios": placed}
    (folder.path / CONFIGS[1]).write_text(yaml.safe_dump(SMALL | own))
    people = [str(RESULTS / f"survey/{culture}/personas.parquet") for culture in CULTURES]
    status, output = folder.run(*people, configs=CONFIGS)
    assert status == 0, output
    jobs = [sys.executable, "workflow/jobs.py", "--configfile", *CONFIGS, "--", "figures", "study_figures"]
    told = subprocess.run(jobs, cwd=folder.path, env=folder.environment, capture_output=True, text=True, check=True)
    fill([json.loads(line) for line in told.stdout.splitlines()[1:]], folder.path)
    return folder


def report(workdir: Workdir, *options: str) -> Path:
    """The file that the command writes."""
    command = [sys.executable, "-m", "clca", "report", *options, "--configfile", *CONFIGS, "--", "study_figures"]
    done = subprocess.run(command, cwd=workdir.path, env=workdir.environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return workdir.path / done.stdout.splitlines()[-1].partition(":")[0]


@pytest.fixture(scope="module")
def made(workdir: Workdir) -> Path:
    return report(workdir)


@pytest.fixture(scope="module")
def page(made: Path) -> Iterator[Page]:
    """The report in a browser; at the end, nothing went wrong and nothing was asked for."""
    with opened(made, viewport={"width": 1280, "height": 800}, offline=True) as (page, problems):
        page.set_default_timeout(PATIENCE)
        page.get_by_text("How near language models come to a culture").wait_for()
        yield page
        assert problems == []


def entries(page: Page) -> list[str]:
    """What stands in the list of a category."""
    return [label.removeprefix("Show ") for label in labels(page) if label.startswith("Show ") and "menu" not in label]


def labels(page: Page) -> list[str]:
    return [link.get_attribute("aria-label") or "" for link in page.locator("#app nav a").all()]


def listed(page: Page, *way: str) -> list[str]:
    """The entries under a category, or under one of its parts."""
    page.get_by_label("Start").click()
    for name in way:
        page.locator("#app nav a", has_text=name).last.click()
    return entries(page)


def shown(page: Page, entry: str) -> None:
    """Open an entry and wait until it is really there."""
    page.get_by_label(f"Show {entry}", exact=True).click()
    if entry.startswith("table") or "numbers" in entry:
        page.frame_locator("#app iframe").locator("table tbody tr").first.wait_for()
    else:
        picture = f"img[alt^={json.dumps(f'{entry}. ')}]"
        page.wait_for_function("(css) => document.querySelector(css)?.naturalWidth > 300", arg=picture)


@pytest.mark.parametrize("culture", CULTURES)
def test_each_culture_has_its_scores(page: Page, culture: str):
    found = listed(page, "Scores", culture)
    assert set(found) == {f"{name}, smollm2" for name in OF_SCORES}
    for entry in found:
        shown(page, entry)


def test_training_data_and_run_have_their_figures(page: Page):
    for way, expected in (
        (("Training", "japan"), ["losses, smollm2"]),
        (("Data",), ["from scenarios to intents"]),
        (("Run",), ["time and cost by rule"]),
    ):
        assert listed(page, *way) == expected
        shown(page, expected[0])


def test_the_study_has_its_matrix_and_every_table(page: Page, workdir: Workdir):
    found = listed(page, "Study")
    tables = {f"table {path.stem}" for path in (workdir.path / RESULTS / "study/tables").glob("*.md")}
    assert "table main" in tables
    assert set(found) == tables | {"adapters as other cultures' people"}
    for entry in ("table main", "table specificity", "adapters as other cultures' people"):
        shown(page, entry)


def test_a_caption_says_how_to_read_a_figure(page: Page):
    listed(page, "Scores", "japan")
    page.get_by_label("About scorecard, smollm2", exact=True).click()
    told = page.locator("#app nav").first.inner_text()
    assert "A method is any good where it stands between chance (dashed line) and a sample of people" in told
    assert "survey_figures" in told


def serious(page: Page) -> set[str]:
    """Rules of axe that the page breaks as it stands, those that keep somebody out."""
    # A colour that is still fading in is none of the page's.
    page.evaluate("Promise.allSettled(document.getAnimations().map(one => one.finished))")
    violations = Axe().run(page).response["violations"]
    return {one["id"] for one in violations if one["impact"] in ("serious", "critical")}


def test_nobody_is_kept_out_of_any_view(page: Page):
    found = {"start": serious(page)}
    listed(page, "Scores", "japan")
    shown(page, "scorecard, smollm2")
    found["figure"] = serious(page)
    page.get_by_label("About scorecard, smollm2", exact=True).click()
    found["caption"] = serious(page)
    listed(page, "Study")
    shown(page, "table main")
    found["table"] = serious(page)
    page.evaluate("app.setView({navbarMode: 'ruleinfo', ruleinfo: 'survey_figures'})")
    page.locator("#app nav .source").wait_for()
    found["rule"] = serious(page)
    page.evaluate("app.setView({content: 'stats', navbarMode: 'menu'})")
    page.locator("#timeline svg, #timeline canvas").first.wait_for()
    found["statistics"] = serious(page)
    assert {name: rules - SNAKEMAKE_S_OWN.keys() for name, rules in found.items()} == {name: set() for name in found}


@pytest.mark.parametrize("name", ["study/figures/tables/main.html", "smollm2/japan/figures/scorecard.html"])
def test_nobody_is_kept_out_of_a_table(made: Path, workdir: Workdir, name: str):
    with opened(workdir.path / RESULTS / name) as (table, problems):
        assert serious(table) == set()
        assert problems == []


def test_the_report_holds_no_place_of_this_machine_and_no_respondent(made: Path, workdir: Workdir):
    page = made.read_text()
    embedded = re.findall(r"data:[^;]+;charset=\w+;filename=[^;]+;base64,([\w+/=]+)", page)
    assert len(embedded) > 20
    text = "\n".join([page, *(base64.b64decode(one).decode() for one in embedded)])
    assert "smollm2 as people of Japan" in text
    for place in (workdir.path, Path.home()):
        assert f"{place}/" not in text
    numbered = set(re.findall(r"\b[a-z]+-\d+\b", text))
    for culture in CULTURES:
        people = pl.read_parquet(workdir.path / RESULTS / f"survey/{culture}/respondents.parquet")["respondent"]
        assert people.str.contains(r"^[a-z]+-\d+$").all()
        assert numbered.isdisjoint(people)


@pytest.fixture(scope="module")
def zipped(made: Path, workdir: Workdir) -> Path:
    """A report that is made again, after an adapter was trained once more."""
    benchmark = next((workdir.path / "benchmarks").rglob("adapter.jsonl"))
    benchmark.write_text(f"{benchmark.read_text()}{json.dumps({'s': 3_600_000.0})}\n")
    return report(workdir, "--zip")


def test_a_report_has_the_times_of_all_that_ran_before_it(zipped: Path, workdir: Workdir):
    assert "at work for 1,00" in (workdir.path / RESULTS / "study/figures/runs.meta.svg").read_text()


def test_the_zip_opens_as_the_page_does(zipped: Path, tmp_path: Path):
    with ZipFile(zipped) as archive:
        archive.extractall(tmp_path)
    with opened(tmp_path / "report/report.html", offline=True) as (unpacked, problems):
        unpacked.set_default_timeout(PATIENCE)
        assert listed(unpacked, "Data") == ["from scenarios to intents"]
        shown(unpacked, "from scenarios to intents")
        assert problems == []


def test_made_again_nothing_is_drawn_again_and_figures_are_the_same(made: Path, workdir: Workdir):
    assert workdir.planned("figures", "study_figures", configs=CONFIGS) == {}
    figures = sorted(path for path in (workdir.path / RESULTS).rglob("figures/*.svg") if ".meta." not in path.name)
    before = {path: path.read_bytes() for path in figures}
    # Names of culture and model are enough to find them all: four of each culture, and two of the study.
    assert len(before) == 4 * len(CULTURES) + 2
    status, output = workdir.run("--force", str(RESULTS / "smollm2/japan/figures/scorecard.svg"), configs=CONFIGS)
    assert status == 0, output
    assert {path: path.read_bytes() for path in figures} == before
