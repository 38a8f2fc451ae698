"""The study's tables: the paper's numbers come out as they went in, and what is not known is said to be missing."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scorecards import scorecard

from clca import artifacts
from clca.errors import InputError
from clca.schemas import StudyCell
from clca.study import published, rendering, scores
from clca.study.published import AVERAGE
from clca.study.scores import Gathered, gather
from clca.study.tables import HEADLINE, TABLES, Study, Table, cells
from clca.survey.card import Scorecard
from clca.survey.statistics import holm

PUBLISHED = Path(__file__).parents[3] / "workflow/resources/published"
PAPER = published.scores(PUBLISHED)
CULTURES = ("china", "germany", "uk", "mexico", "japan")
OWN = {"china": "zh", "germany": "de", "uk": "en", "mexico": "es", "japan": "ja"}
MODELS = tuple(PAPER["model"].unique(maintain_order=True))
BY_NAME = {table.name: table for table in TABLES}
PAPER_STUDY = Study(MODELS, CULTURES, OWN)
SMALL = Table(name="small", title="Small", methods=("persona", "clca"), metrics=("jsd",), columns="culture")


def spread_out(mean, seed):
    """Five different numbers of a given mean."""
    shifts = np.random.default_rng(seed).normal(0, 0.02, len(CULTURES))
    return dict(zip(CULTURES, mean + shifts - shifts.mean(), strict=True))


def paper_cards():
    """A headline scorecard a model and culture and one of each other method, with the paper's numbers."""
    known = {}
    for row in PAPER.filter(pl.col("culture") != AVERAGE).to_dicts():
        known[row["model"], row["method"], row["culture"], row["metric"]] = row["published"]
    for seed, row in enumerate(PAPER.filter(pl.col("culture") == AVERAGE).to_dicts()):
        for culture, value in spread_out(row["published"], seed).items():
            known.setdefault((row["model"], row["method"], culture, row["metric"]), value)
    by_card = {}
    for (model, method, culture, metric), value in known.items():
        by_card.setdefault((model, culture), {}).setdefault(method, {})[metric] = value
    cards = {}
    for (model, culture), methods in by_card.items():
        headline = {name: values for name, values in methods.items() if name in ("persona", "cultural", "clca")}
        cards[f"{model}/{culture}/wvs.json"] = scorecard(model, culture, headline)
        for name in methods.keys() - headline.keys():
            called = name if name == "anthropological" else f"{name}-seed42"
            both = {"persona": methods["persona"], called: methods[name]}
            seed = None if name == "anthropological" else 42
            cards[f"{model}/{culture}/{name}/wvs.json"] = scorecard(model, culture, both, adapter_seed=seed)
    return cards


@pytest.fixture(scope="module")
def paper():
    """All the tables, made of the paper's numbers."""
    gathered = gather(paper_cards())
    return {table.name: cells(table, gathered, PAPER, PAPER_STUDY) for table in TABLES}


def made(table, cards, study, summary=None):
    gathered = gather({str(i): card for i, card in enumerate(cards)})
    if summary is not None:
        gathered = Gathered(*(pl.concat(both) for both in zip(gathered, summary, strict=True)))
    return cells(table, gathered, PAPER, study)


def test_all_the_paper_s_values_are_shipped():
    def values(name, *columns):
        return pl.read_csv(PUBLISHED / name).select(columns).count().sum_horizontal().item()

    assert values("paper_kl.csv", "kl_paper") == 126
    assert values("paper_ablations.csv", "accuracy", "kl_paper") == 2 * 35
    assert values("paper_jsd.csv", "jsd") == 14
    assert len(published.data_statistics(PUBLISHED)) == 25


def test_each_of_the_paper_s_values_is_in_a_table_and_comes_out_as_it_went_in(paper):
    """The averages too, which the tables compute of the cultures."""
    every = pl.concat(paper.values())
    told = every.filter(pl.col("published").is_not_null())
    assert (told["status"] == "ok").all()
    assert told["gap"].abs().max() <= 1e-4
    assert (told["value"] - told["published"]).to_list() == told["gap"].to_list()
    seen = set(told.select("model", "method", "culture", "metric", "published").iter_rows())
    assert seen == set(PAPER.iter_rows())
    # The paper prints 17 averages twice: its ablations repeat those of its main table.
    assert len(seen) == 126 + 2 * 35 + 14 - 17


def test_averages_that_the_paper_prints_twice_are_the_same():
    ablations = pl.read_csv(PUBLISHED / "paper_ablations.csv").join(
        PAPER.filter(metric="kl_paper", culture=AVERAGE), on=["model", "method"]
    )
    assert (ablations["kl_paper"] == ablations["published"]).all()


def test_the_average_that_is_printed_off_its_cells_is_the_only_one(paper):
    averages = paper["main"].filter((pl.col("culture") == AVERAGE) & pl.col("published").is_not_null())
    off = averages.filter(pl.col("gap").abs() > 0.5e-4 + 1e-9)
    assert off.select("model", "method").rows() == [("qwen1.5b", "persona")]


@pytest.mark.parametrize("name", BY_NAME)
def test_tables_have_a_row_for_every_yardstick(paper, name):
    yardsticks = paper[name].filter(pl.col("kind") == "yardstick")
    assert yardsticks["method"].n_unique() == 6
    assert (yardsticks["status"] == "ok").all()
    assert yardsticks["published"].null_count() == len(yardsticks)


def test_what_no_scorecard_has_is_missing_and_nothing_is_made_up_for_it():
    cards = [scorecard("m", culture, {"persona": {"jsd": 0.5}, "clca": {"jsd": 0.4}}) for culture in CULTURES[:4]]
    cards[1]["methods"].pop("clca")
    found = made(SMALL, cards, Study(["m", "n"], CULTURES, OWN))
    of_clca = found.filter(model="m", method="clca")
    assert of_clca["status"].to_list() == ["ok", "missing", "ok", "ok", "missing", "missing"]
    assert of_clca["value"].to_list() == [0.4, None, 0.4, 0.4, None, None]
    assert (found.filter(model="n")["status"] == "missing").all()
    # Neither people's yardsticks nor averages are of the four cultures that are there.
    assert found.filter(culture=AVERAGE)["status"].unique().to_list() == ["missing"]
    assert found.filter(kind="yardstick", culture="japan")["status"].unique().to_list() == ["missing"]


def test_what_a_scorecard_calls_unknown_is_undefined_and_so_is_its_average():
    cards = [scorecard("m", culture, {"persona": {"jsd": 0.5}, "clca": {}}) for culture in CULTURES]
    found = made(SMALL, cards, Study(["m"], CULTURES, OWN)).filter(kind="method")
    assert found.filter(method="clca")["status"].unique().to_list() == ["undefined"]
    assert found.filter(method="persona")["status"].unique().to_list() == ["ok"]


def seeded_cards(values):
    """A headline card of the first seed and small ones of the others, by culture."""
    cards = []
    for culture, (first, *others) in values.items():
        cards.append(scorecard("m", culture, {"persona": {"jsd": 0.5}, "clca": {"jsd": first}}, adapter_seed=7))
        for seed, value in enumerate(others, start=8):
            methods = {"persona": {"jsd": 0.5}, f"clca-seed{seed}": {"jsd": value}}
            cards.append(scorecard("m", culture, methods, adapter_seed=seed))
    return cards


@pytest.mark.parametrize("case", range(20))
def test_between_seed_deviation_is_that_of_each_cell_and_of_the_seeds_averages(case):
    rng = np.random.default_rng(case)
    # Rounded to one digit, so that seeds are often the same; in the first case they all are.
    drawn = np.round(rng.uniform(0, 1, (3, 2 + case % 4)), 1) * (case > 0)
    values = dict(zip(("japan", "mexico", "uk"), drawn.tolist(), strict=True))
    found = made(SMALL, seeded_cards(values), Study(["m"], list(values), OWN)).filter(method="clca")
    by_culture = {**values, AVERAGE: [sum(seed) / 3 for seed in zip(*values.values(), strict=True)]}
    for row in found.to_dicts():
        expected = by_culture[row["culture"]]
        mean = sum(expected) / len(expected)
        deviation = (sum((value - mean) ** 2 for value in expected) / (len(expected) - 1)) ** 0.5
        assert row["seeds"] == len(expected)
        assert row["value"] == pytest.approx(expected[0])
        assert row["seed_mean"] == pytest.approx(mean)
        assert row["seed_sd"] == pytest.approx(deviation, abs=1e-12)


def test_one_seed_has_no_deviation_and_no_adapter_has_no_seed():
    cards = [scorecard("m", "japan", {"persona": {"jsd": 0.5}, "clca": {"jsd": 0.4}})]
    found = made(SMALL, cards, Study(["m"], ["japan"], OWN)).filter(kind="method")
    assert found.select("method", "seeds", "seed_mean", "seed_sd").rows() == [
        ("persona", 0, None, None),
        ("clca", 1, 0.4, None),
    ]


def test_adapters_of_other_cultures_are_in_no_table():
    methods = {"persona": {"jsd": 0.5}, "clca-seed42@mexico": {"jsd": 0.1}}
    found = made(SMALL, [scorecard("m", "japan", methods)], Study(["m"], ["japan"], OWN))
    assert found.filter(method="clca")["status"].to_list() == ["missing"]


def test_differences_are_to_the_baseline_whichever_way_round_the_scorecard_has_them():
    methods = {"persona": {"jsd": 0.5}, "clca": {"jsd": 0.4}}
    for comparison in (("persona", "clca", "jsd", 0.1, 0.02), ("clca", "persona", "jsd", -0.1, 0.02)):
        card = scorecard("m", "japan", methods, [comparison])
        (row,) = made(SMALL, [card], Study(["m"], ["japan"], OWN)).filter(method="clca").to_dicts()
        assert (row["against"], row["p_value"], row["p_holm"]) == ("persona", 0.02, 0.02)
        numbers = (row["difference"], row["difference_low"], row["difference_high"])
        assert numbers == pytest.approx((-0.1, -0.11, -0.09))


@pytest.mark.parametrize("case", range(20))
def test_holm_s_family_is_all_tests_of_a_metric_in_the_table(case):
    """Of two metrics and four cultures, with ties, and some without a test."""
    rng = np.random.default_rng(case)
    table = Table(name="two", title="Two", methods=("persona", "clca"), metrics=("jsd", "emd"))
    cards, given = [], {"jsd": [], "emd": []}
    for culture in CULTURES[:4]:
        comparisons = []
        for metric in ("jsd", "emd"):
            p = float(rng.choice([0.001, 0.01, 0.02, 0.04, 0.5, 1]))
            given[metric].append(None if rng.random() < 0.2 else p)
            if given[metric][-1] is not None:
                comparisons.append(("clca", "persona", metric, -0.1, p))
        methods = {"persona": {"jsd": 0.5, "emd": 0.4}, "clca": {"jsd": 0.4, "emd": 0.3}}
        cards.append(scorecard("m", culture, methods, comparisons))
    found = made(table, cards, Study(["m"], CULTURES[:4], OWN)).filter(method="clca")
    for metric, p_values in given.items():
        got = found.filter(pl.col("metric") == metric, pl.col("culture") != AVERAGE)["p_holm"].to_list()
        known = sorted(p for p in p_values if p is not None)
        # By definition: the largest of (m - j + 1) p(j) over the ranks j up to a test's own.
        by_hand = [max(min(1, (len(known) - j) * known[j]) for j in range(rank + 1)) for rank in range(len(known))]
        expected = [None if p is None else by_hand[known.index(p)] for p in p_values]
        assert got == pytest.approx(expected, nan_ok=True)
        assert [p for p in got if p is not None] == pytest.approx(holm([p for p in p_values if p is not None]))


def languages_cards():
    cards = []
    for culture in ("china", "uk"):
        for language, jsd in (("en", 0.5), ("zh", 0.3), ("de", 0.1)):
            cards.append(scorecard("m", culture, {"persona": {"jsd": jsd}, "clca": {"jsd": jsd}}, language=language))
    return cards


def test_own_language_is_each_culture_s_and_english_for_the_british():
    found = made(BY_NAME["languages"], languages_cards(), Study(["m"], ["china", "uk"], OWN))
    rows = found.filter(method="persona", of="choices").select("language", "culture", "value").rows()
    english = [("en", "china", 0.5), ("en", "uk", 0.5), ("en", AVERAGE, 0.5)]
    assert rows == [*english, ("own", "china", 0.3), ("own", "uk", 0.5), ("own", AVERAGE, 0.4)]
    assert set(found.filter(kind="yardstick")["language"]) == {"en"}


def test_a_test_that_stands_in_two_rows_counts_once_in_its_family():
    def card(culture, language, p):
        values = {"persona": {"jsd": 0.5}, "clca": {"jsd": 0.4}}
        return scorecard("m", culture, values, [("persona", "clca", "jsd", 0.1, p)], language=language)

    cards = [card("uk", "en", 0.01), card("china", "en", 0.02), card("china", "zh", 0.03)]
    found = made(BY_NAME["languages"], cards, Study(["m"], ["china", "uk"], OWN)).filter(method="clca", of="choices")
    adjusted = found.filter(pl.col("p_holm").is_not_null()).select("language", "culture", "p_holm")
    assert {(row[0], row[1]): row[2] for row in adjusted.rows()} == pytest.approx(
        {("en", "uk"): 0.03, ("own", "uk"): 0.03, ("en", "china"): 0.04, ("own", "china"): 0.04}
    )


def test_one_prompt_has_what_is_expected_of_all_methods_beside_it():
    card = scorecard("m", "japan", {name: {"jsd": 0.5} for name in HEADLINE})
    study = Study(["m"], ["japan"], OWN)
    rows = made(BY_NAME["jsd"], [card], study).filter(kind="method").select("of", "method").rows()
    assert rows == [(of, name) for of in ("choices", "expected") for name in HEADLINE]
    assert set(made(BY_NAME["filter"], [card], study)["of"]) == {"choices"}


def test_a_study_of_one_culture_does_not_call_its_numbers_means():
    table = BY_NAME["filter"]
    titles = []
    for cultures in (["japan"], ["japan", "uk"]):
        cards = [scorecard("m", culture, {"persona": {"jsd": 0.5}}) for culture in cultures]
        titles.append(rendering.heading(table, made(table, cards, Study(["m"], cultures, OWN))))
    assert titles == [f"{table.title} (japan)", f"{table.title} (means over cultures)"]


def summary_row(value):
    row = gather({"card": scorecard("m", "japan", {"clca": {"jsd": value}}, adapter_seed=7)})
    average = {"culture": pl.lit(AVERAGE), "adapter": pl.lit(AVERAGE)}
    return Gathered(row.scores.filter(metric="jsd", of="choices", method="clca").with_columns(**average), row.contrasts)


def test_interval_of_an_average_is_the_summary_s():
    cards = seeded_cards({"japan": [0.2], "uk": [0.4]})
    without = made(SMALL, cards, Study(["m"], ["japan", "uk"], OWN))
    (row,) = without.filter(method="clca", culture=AVERAGE).to_dicts()
    assert (row["value"], row["low"], row["high"]) == (pytest.approx(0.3), None, None)
    summary = summary_row(0.3)
    (row,) = (
        made(SMALL, cards, Study(["m"], ["japan", "uk"], OWN), summary)
        .filter(method="clca", culture=AVERAGE)
        .to_dicts()
    )
    assert (row["low"], row["high"]) == pytest.approx((0.29, 0.31))


def test_summary_of_other_scorecards_is_refused():
    cards = seeded_cards({"japan": [0.2], "uk": [0.4]})
    summary = summary_row(0.35)
    with pytest.raises(InputError, match=r"jsd of m clca is 0\.35, but its scorecards' mean is 0\.300000; delete"):
        made(SMALL, cards, Study(["m"], ["japan", "uk"], OWN), summary)


def test_the_paper_s_averages_stand_only_beside_those_of_the_same_cultures():
    cards = [card for card in paper_cards().values() if card["culture"] in ("japan", "uk")]
    found = made(BY_NAME["main"], cards, Study(MODELS, ["japan", "uk"], OWN)).filter(kind="method", of="choices")
    assert found.filter(culture=AVERAGE)["published"].null_count() == 21
    assert found.filter(culture="japan")["published"].null_count() == 0


def test_models_of_an_ablation_are_the_paper_s_and_those_that_were_ablated():
    def models(cards, study):
        found = made(BY_NAME["filter"], cards, Study(study, ["japan"], OWN))
        return found["model"].drop_nulls().unique(maintain_order=True).to_list()

    ablated = scorecard("mine", "japan", {"persona": {}, "clca_unfiltered-seed1": {"jsd": 0.3}})
    assert models([], ["llama8b", "llama3b", "mine"]) == ["llama8b"]
    assert models([ablated], ["llama8b", "llama3b", "mine"]) == ["llama8b", "mine"]
    assert models([], ["mine"]) == ["mine"]


def test_a_table_of_no_scorecard_is_all_missing():
    for table in TABLES:
        found = made(table, [], PAPER_STUDY)
        assert set(found["status"]) == {"missing"}
        assert found["value"].null_count() == len(found) > 0


def test_written_tables_hold_every_number_once_in_each_form(paper, tmp_path):
    for table in TABLES:
        found = paper[table.name]
        arranged = rendering.study_grid(table, found)
        rendering.write(found, arranged, table.title, rendering.notes(found), tmp_path, table.name)
        long = pl.read_csv(tmp_path / f"{table.name}.csv", schema=StudyCell.dtypes())
        assert long.select("model", "method", "culture", "metric", "status").equals(
            found.select("model", "method", "culture", "metric", "status")
        )
        assert (long["value"] - found["value"]).abs().max() < 1e-6
        page = (tmp_path / f"{table.name}.md").read_text()
        rows = [line for line in page.splitlines() if line.startswith("|")]
        assert len({line.replace("\\|", "").count("|") for line in rows}) == 1
        body = [row for group in arranged.groups for row in group]
        assert len(rows) == len(body) + 2
        latex = (tmp_path / f"{table.name}.tex").read_text()
        assert latex.count("toprule") == latex.count("midrule") == latex.count("bottomrule") == 1
        inside = latex.split("\\midrule\n")[1].split("\\bottomrule")[0]
        ends = [line for line in inside.splitlines() if line.endswith("\\\\")]
        assert len(ends) == len(body)
        assert {line.count("&") for line in ends} == {len(arranged.header) - 1}
        # What stands between columns is escaped, and nothing else is left that LaTeX would read.
        assert not [line for line in ends if "_" in line.replace("\\_", "")]


def test_cell_shows_interval_deviation_and_star_and_the_paper_s_row_below():
    cards = seeded_cards({"japan": [0.4303, 0.4101]})
    cards[0]["comparisons"] = scorecard("m", "japan", {}, [("clca", "persona", "jsd", -0.07, 0.01)])["comparisons"]
    told = pl.DataFrame({"model": "m", "method": "clca", "culture": "japan", "metric": "jsd", "published": 0.43})
    found = cells(SMALL, gather({str(i): card for i, card in enumerate(cards)}), told, Study(["m"], ["japan"], OWN))
    grid = rendering.study_grid(SMALL, found)
    assert grid.header == ["model", "method", "number", "japan"]
    assert grid.groups[0] == [["m", "persona", "ours", "0.5000 [0.4900, 0.5100]"]]
    assert grid.groups[1] == [
        ["m", "clca", "ours", "0.4303* [0.4203, 0.4403] ±0.0143"],
        ["m", "clca", "paper", "0.4300"],
        ["m", "clca", "difference", "+0.0003"],
    ]
    assert grid.groups[2][0][:2] == ["yardstick", "true_marginals"]
    assert r"0.4303* [0.4203, 0.4403] $\pm$0.0143 \\" in rendering.latex(grid, "Small", [], "small")
    assert "0.4303\\* [" in rendering.markdown(grid, "Small", [])


def test_notes_say_what_is_in_the_table_and_no_more(paper):
    synthetic = scorecard("m", "japan", {"persona": {"jsd": 0.5}})
    synthetic["reference"]["synthetic_respondents"] = True
    found = rendering.notes(made(SMALL, [synthetic], Study(["m"], ["japan"], OWN)))
    assert any("Synthetic respondents" in note for note in found)
    assert any("missing" in note for note in found)
    of_paper = rendering.notes(paper["main"])
    assert not any("ynthetic" in note or "missing" in note for note in of_paper)
    assert any("kl_paper" in note for note in of_paper)
    assert not any("kl_paper" in note for note in rendering.notes(paper["emd"]))


def test_scorecards_are_read_from_files_and_broken_ones_named(tmp_path):
    card = scorecard("m", "japan", {"persona": {"jsd": 0.5}})
    artifacts.write_record(card, tmp_path / "wvs.json", Scorecard)
    assert scores.read([tmp_path / "wvs.json"]).scores["value"].drop_nulls().len() > 0
    artifacts.write_json(card | {"personas": "many"}, tmp_path / "other.json")
    with pytest.raises(InputError, match=r"other\.json: not a scorecard: personas = 'many'"):
        scores.read([tmp_path / "wvs.json", tmp_path / "other.json"])


def test_published_folder_without_a_table_is_told(tmp_path):
    with pytest.raises(InputError, match=r"paper_kl\.csv: no such file; restore it"):
        published.scores(tmp_path)
    (tmp_path / "paper_kl.csv").write_text("model,method\na,b\n")
    with pytest.raises(InputError, match=r"paper_kl\.csv: needs the columns model, method, culture, kl_paper"):
        published.scores(tmp_path)
