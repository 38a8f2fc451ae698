"""The study's files of made-up answers: what is averaged, diagnosed and tabulated is what was answered."""

from itertools import permutations
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from made_up_study import answers
from scorecards import scorecard

from clca import artifacts, schemas
from clca.study import averages, diagnosis, power_note, published, table_names, tabulation
from clca.study.published import AVERAGE
from clca.study.scores import Gathered, gather, together
from clca.study.tables import TABLES
from clca.survey import card, evidence
from clca.survey.personas import draw
from clca.survey.summary import Summary, from_shares

ROOT = Path(__file__).parents[3]
MARGINALS = str(ROOT / "workflow/resources/wvs7_marginals.csv")
DEMOGRAPHICS = ROOT / "workflow/resources/demographics.csv"
CULTURES = ["japan", "mexico"]
METHODS = ["persona", "cultural", "clca-seed42", "clca-seed43"]
SCORED = {"weights": "none", "replicates": 200, "permutations": 200, "seed": 1, "code": "c"}


@pytest.fixture(scope="module")
def places(tmp_path_factory) -> dict[str, dict[str, str]]:
    """Paths of twelve personas and their answers by culture."""
    folder, rng, found = tmp_path_factory.mktemp("study"), np.random.default_rng(3), {}
    artifacts.write_json({"revision": "r"}, folder / "model.json")
    for culture in CULTURES:
        respondents, about = from_shares(MARGINALS, DEMOGRAPHICS, culture, [culture.upper()[:3]], 60, 1)
        personas = draw(respondents, 12, np.random.default_rng(1))
        paths = {name: str(folder / f"{culture}.{name}") for name in ("respondents.parquet", "personas.parquet")}
        paths = {name.split(".")[0]: path for name, path in paths.items()}
        artifacts.write(respondents, paths["respondents"], schemas.Respondent)
        artifacts.write(personas, paths["personas"], schemas.Persona)
        paths |= {"summary": str(folder / f"{culture}.json"), "marginals": MARGINALS, "shipped": MARGINALS}
        artifacts.write_record(about, paths["summary"], Summary)
        for name in METHODS:
            ids = [None] if name == "cultural" else personas["respondent"].to_list()
            paths[name] = str(folder / f"{culture}.{name}.parquet")
            artifacts.write(answers(name, ids, rng), paths[name], schemas.Answer)
        found[culture] = paths | {"model": str(folder / "model.json")}
    return found


def scored(places, culture, folder, **params):
    """The scorecard of a culture's methods."""
    names = params.pop("methods", METHODS)
    output = {"card": folder / "c.json", "item_scores": folder / "i.parquet", "meta": folder / "m.json"}
    about = SCORED | {"language": "en", "countries": [], "others": ["china"], "methods": names} | params
    given = places[culture] | {"answers": [places[culture][name] for name in names]}
    card.build(given, output, about, {"model": "m", "culture": culture})
    return artifacts.read_record(output["card"], card.Scorecard)


def averaged(places, folder, **params):
    """Means over cultures as they are written."""
    names = params.pop("methods", METHODS)
    given = {kind: [places[one][kind] for one in CULTURES] for kind in ("respondents", "summary", "personas")}
    given["answers"] = [places[one][name] for one in CULTURES for name in names]
    output = {"scores": folder / "s.parquet", "contrasts": folder / "d.parquet"}
    about = {"cultures": CULTURES, "marginals": [MARGINALS] * 2, "methods": names, "language": "en", "personas": None}
    averages.build(given, output, SCORED | about | params, "m")
    return Gathered(
        artifacts.read(output["scores"], schemas.Score), artifacts.read(output["contrasts"], schemas.Contrast)
    )


def test_names_of_tables_are_those_of_their_descriptions():
    assert table_names(True) == tuple(table.name for table in TABLES)
    assert {table.name for table in TABLES if "own" in table.languages} == set(table_names(True)) - set(
        table_names(False)
    )


def test_with_a_reference_each_method_is_compared_with_it_and_the_numbers_are_the_same(places, tmp_path):
    every = scored(places, "japan", tmp_path)
    some = scored(places, "japan", tmp_path, reference="persona")
    assert some["methods"] == every["methods"]
    kept = [row for row in every["comparisons"] if "persona" in (row["a"], row["b"])]
    assert len(some["comparisons"]) == len(kept) == 15
    assert [row["difference"] for row in some["comparisons"]] == [row["difference"] for row in kept]


def test_averages_are_the_scorecards_means_each_compared_with_persona(places, tmp_path):
    found = averaged(places, tmp_path)
    cards = {culture: scored(places, culture, tmp_path) for culture in CULTURES}
    of_cards = gather(cards).scores.filter(kind="method", of="choices", metric="jsd")
    means = {row[:2]: row[2] for row in of_cards.group_by("method", "seed").agg(pl.col("value").mean()).rows()}
    for row in found.scores.filter(metric="jsd", of="choices").to_dicts():
        assert row["culture"] == AVERAGE
        assert row["value"] == pytest.approx(means[row["method"], row["seed"]], abs=2e-6)
    pairs = set(found.contrasts.select("method", "against").iter_rows())
    assert all("persona" in pair for pair in pairs)
    assert found.scores["personas"].unique().to_list() == [12]
    assert found.scores["synthetic"].all()


def test_of_a_number_from_more_and_from_fewer_personas_that_of_more_counts(places, tmp_path):
    few = averaged(places, tmp_path, methods=["persona", "clca-seed42"], personas=5)
    assert few.scores["personas"].unique().to_list() == [5]
    every = averaged(places, tmp_path)
    both = together([few, every])
    assert both.scores["personas"].unique().to_list() == [12]
    assert len(both.scores) == len(every.scores)
    assert len(both.contrasts) == len(every.contrasts)


def test_shares_of_stand_ins_are_the_published_ones_and_of_real_people_their_rows(places, tmp_path):
    paths = places["japan"]
    human = evidence.human_shares(paths["respondents"], paths["summary"], MARGINALS, "japan", "none")
    assert human["Q1"][0] == pytest.approx(0.928, abs=0.02)
    about = artifacts.read_record(paths["summary"], Summary) | {"synthetic": False}
    artifacts.write_record(about, tmp_path / "real.json", Summary)
    counted = evidence.human_shares(paths["respondents"], str(tmp_path / "real.json"), None, "japan", "none")
    own = artifacts.read(paths["respondents"], schemas.Respondent)["Q1"].drop_nulls()
    assert counted["Q1"][0] == pytest.approx((own == 1).mean())
    assert evidence.read(paths, "japan", "none", 5).own.shape == (5, 44)


@pytest.fixture(scope="module")
def diagnosed(places, tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("diagnosed")
    outputs = {}
    for culture in CULTURES:
        given = {kind: [places[one][kind] for one in CULTURES] for kind in ("respondents", "summary")}
        given |= {"answers": [places[culture][name] for name in METHODS], "reversed": [places[culture]["persona"]]}
        outputs[culture] = {name: folder / f"{culture}.{name}.csv" for name in ("by_item", "nearest", "methods")}
        params = {"cultures": CULTURES, "marginals": [MARGINALS] * 2, "weights": "none", "methods": METHODS}
        names = {"model": "m", "culture": culture}
        diagnosis.build(given, outputs[culture], params | {"reversed": ["persona"]}, names)
    return outputs


def test_diagnostics_say_of_each_method_what_is_known_of_it(diagnosed):
    found = {row["method"]: row for row in pl.read_csv(diagnosed["japan"]["methods"]).to_dicts()}
    assert list(found) == METHODS
    assert found["persona"]["towards"] is None
    assert found["clca-seed42"]["towards"] + found["clca-seed42"]["away"] <= 44
    # The same answers both ways round agree, and mind the place alone by nothing.
    assert (found["persona"]["order_agreement"], found["persona"]["first_shown"]) == (1, 0)
    assert found["clca-seed42"]["order_agreement"] is None
    assert (found["cultural"]["entropy"], found["cultural"]["named"]) == (0, None)
    items = pl.read_csv(diagnosed["japan"]["by_item"])
    assert items.group_by("method").len()["len"].to_list() == [44] * 4
    nearest = pl.read_csv(diagnosed["japan"]["nearest"])
    assert nearest.select("method", "people").rows() == [(name, one) for name in METHODS for one in CULTURES]


def test_means_of_diagnostics_need_every_culture(diagnosed):
    paths = [str(diagnosed[one]["methods"]) for one in CULTURES]
    both = diagnosis.cells(paths, CULTURES).filter(culture=AVERAGE, statistic="entropy", method="persona")
    by_culture = [pl.read_csv(path).filter(method="persona")["entropy"].item() for path in paths]
    assert both["value"].item() == pytest.approx(np.mean(by_culture))
    one = diagnosis.cells(paths[:1], CULTURES).filter(culture=AVERAGE, statistic="entropy")
    assert one["status"].unique().to_list() == ["undefined"]


def test_matrix_of_adapters_that_help_at_home_alone_is_diagonal_with_the_smallest_p():
    cultures = ["china", "germany", "uk", "mexico", "japan"]
    cards = {}
    for culture in cultures:
        abroad = {f"clca-seed42@{origin}": {"jsd": 0.5, "kl": 1} for origin in cultures if origin != culture}
        methods = {"persona": {"jsd": 0.5, "kl": 1.0}, "clca-seed42": {"jsd": 0.3, "kl": 0.7}} | abroad
        cards[culture] = scorecard("m", culture, methods, adapter_seed=None)
    found, tests = tabulation.specificity_cells(gather(cards).scores, ["m"], ["clca-seed42"], cultures)
    assert tests["p_value"].to_list() == pytest.approx([1 / len(list(permutations(cultures)))] * 2)
    assert tests["statistic"].to_list() == pytest.approx([-0.2, -0.3])
    home = found.filter(of="effect", metric="jsd").with_columns(home=pl.col("adapter") == pl.col("culture"))
    assert home.filter("home")["value"].to_list() == pytest.approx([-0.2] * 5)
    assert home.filter(~pl.col("home"))["value"].to_list() == pytest.approx([0] * 20)


def test_matrix_with_a_missing_scorecard_has_no_test():
    cards = {"a": scorecard("m", "a", {"persona": {"jsd": 0.5}, "clca-seed42": {"jsd": 0.4}}, adapter_seed=None)}
    found, tests = tabulation.specificity_cells(gather(cards).scores, ["m"], ["clca-seed42"], ["a", "b"])
    assert tests.filter(metric="jsd").select("statistic", "p_value", "p_holm").row(0) == (None, None, None)
    status = found.filter(metric="jsd", of="effect")["status"].to_list()
    assert status == ["ok", "missing", "missing", "missing"]


def test_power_is_asked_of_the_paper_s_largest_and_mean_difference():
    found = power_note.differences(ROOT / "workflow/resources/published")
    assert list(found) == ["llama8b, the largest difference", "the mean of its models"]
    assert found["llama8b, the largest difference"] == (0.6011, 0.5112)
    assert found["the mean of its models"] == pytest.approx((0.5859, 0.5553), abs=1e-4)
    assert published.scores(ROOT / "workflow/resources/published").filter(culture=AVERAGE)["model"].n_unique() == 7
