"""Known answers: engines and draws of which it is known what the study must say."""

import numpy as np
import pytest
from scorecards import as_cells, drawn_options
from survey_engines import COUNTRIES, ENGLISH, RESOURCES, SHARES, Mode, Survey, answered, arranged, draw_people

from clca import artifacts, schemas
from clca.study import published
from clca.study.power import at_distance
from clca.study.scores import MEASURES, read
from clca.study.specificity import effects, specificity
from clca.study.statistics import Sample, over_cultures
from clca.study.tables import Study, Table, cells
from clca.survey.answers import cultural_answers
from clca.survey.card import build
from clca.survey.metrics import METRICS
from clca.survey.scorecard import swap_differences
from clca.survey.statistics import permutation_test
from clca.survey.summary import Summary, from_shares
from clca.survey.yardsticks import score

JAPAN = SHARES["japan"]
# The paper's 8B model on average: baseline and adapted.
PAPER = (0.6011, 0.5112)
COMPARED = (*METRICS, "accuracy")


def written_card(folder, culture, methods, people=40):
    """A scorecard of engines' answers as synthetic respondents of a culture; gives its path."""
    fields = RESOURCES / "demographics.csv"
    shipped = str(RESOURCES / "wvs7_marginals.csv")
    respondents, about = from_shares(shipped, fields, culture, COUNTRIES[culture], people, 0)
    given = {name: str(folder / f"{name}.parquet") for name in ("respondents", "personas")}
    given |= {"summary": str(folder / "summary.json"), "model": str(folder / "model.json")}
    given |= {"marginals": shipped, "shipped": shipped, "adapter": str(folder / "adapter/adapter_model.safetensors")}
    artifacts.write(respondents, given["respondents"], schemas.Respondent)
    artifacts.write(respondents.select(list(schemas.Persona.dtypes())), given["personas"], schemas.Persona)
    artifacts.write_record(about, given["summary"], Summary)
    artifacts.write_json({"name": "m", "revision": "sha256:abc"}, given["model"])
    (folder / "adapter").mkdir()
    (folder / "adapter/adapter_model.safetensors").write_bytes(b"weights")
    answers = []
    for index, (name, engine) in enumerate(methods.items()):
        path = str(folder / f"answers{index}.parquet")
        one_prompt = name == "cultural"
        rows = cultural_answers("Japan", "Japanese", ENGLISH, engine) if one_prompt else answered(respondents, engine)
        artifacts.write(rows, path, schemas.Answer)
        answers.append(path)
    params = {"countries": COUNTRIES[culture], "others": [other for other in SHARES if other != culture]}
    params |= {"language": "en", "weights": "none", "replicates": 20, "permutations": 19, "seed": 1, "adapter_seed": 7}
    output = {"card": "wvs.json", "item_scores": "wvs.items.parquet", "meta": "wvs.meta.json"}
    build(
        given | {"answers": answers},
        {name: str(folder / path) for name, path in output.items()},
        params | {"code": "c0de", "methods": list(methods)},
        {"model": "m", "culture": culture},
    )
    return folder / "wvs.json"


def test_engine_that_always_chooses_the_mode_has_the_modal_row(tmp_path):
    methods = {"persona": Survey(JAPAN, 1), "cultural": Mode(JAPAN), "clca": Mode(JAPAN)}
    gathered = read([written_card(tmp_path, "japan", methods)])
    table = Table(name="all", title="All", methods=tuple(methods), metrics=MEASURES)
    found = cells(
        table, gathered, published.scores(RESOURCES / "published"), Study(["m"], ["japan"], {"japan": "ja"})
    ).to_dicts()
    by_row = {(row["method"], row["of"], row["metric"]): row["value"] for row in found}
    for metric in MEASURES:
        modal = by_row["modal", "choices", metric]
        assert by_row["clca", "choices", metric] == pytest.approx(modal, abs=2e-6)
        assert by_row["cultural", "choices", metric] == pytest.approx(modal, abs=2e-6)
        truth = by_row["true_marginals", "choices", metric]
        assert by_row["cultural", "expected", metric] == pytest.approx(truth, abs=1e-5)
    assert {row["synthetic"] for row in found} == {True}


@pytest.mark.parametrize("metric", ["jsd", "kl_paper", "accuracy"])
def test_two_draws_of_one_distribution_differ_in_5_of_100_times(metric):
    rng, found = np.random.default_rng(11), []
    for _ in range(400):
        own = drawn_options(JAPAN, 20, rng)
        a, b = (as_cells(drawn_options(JAPAN, 20, rng), JAPAN, own) for _ in range(2))
        found.append(permutation_test(swap_differences(a, b, JAPAN, metric), 20, 99, rng))
    assert 0.03 <= np.mean(np.array(found) <= 0.05) <= 0.075


def planted(culture, personas, rng):
    """Two methods as far from people as the paper's baseline and its adapted model are."""
    human = SHARES[culture]
    own = drawn_options(human, personas, rng)
    names = ("persona", "clca")
    return {
        name: as_cells(drawn_options(at_distance(human, target), personas, rng), human, own)
        for name, target in zip(names, PAPER, strict=True)
    }


@pytest.mark.parametrize("culture", SHARES)
def test_difference_of_the_paper_s_size_is_found_in_each_culture(culture):
    rng = np.random.default_rng(5)
    methods = planted(culture, 60, rng)
    for metric in COMPARED:
        swaps = swap_differences(methods["persona"], methods["clca"], SHARES[culture], metric)
        assert permutation_test(swaps, 60, 199, rng) == 1 / 200


def test_difference_of_the_paper_s_size_is_found_over_cultures():
    rng = np.random.default_rng(6)
    samples = {culture: Sample(planted(culture, 25, rng), human) for culture, human in SHARES.items()}
    summary = over_cultures(samples, 300, 199, rng)
    found = {row["metric"]: row for row in summary.contrasts}
    for row in found.values():
        assert row["p_value"] == 1 / 200
    row = found["kl_paper"]
    assert row["low"] < PAPER[0] - PAPER[1] < row["high"]
    assert row["low"] > 0
    assert found["accuracy"]["high"] < 0


def test_specificity_of_engines_that_each_know_one_culture_is_diagonal(tmp_path):
    """Five adapters answer as the personas of all five cultures; the baseline knows the mean of all."""
    middle = {item: np.mean([shares[item] for shares in SHARES.values()], axis=0) for item in JAPAN}
    paths = []
    for culture in SHARES:
        folder = tmp_path / culture
        folder.mkdir()
        methods = {"persona": Survey(middle, 1)}
        for seed, (adapter, shares) in enumerate(SHARES.items(), start=2):
            methods[f"clca-seed7@{adapter}"] = Survey(shares, seed)
        paths.append(written_card(folder, culture, methods))
    scores = read(paths).scores
    for metric in ("jsd", "kl"):
        matrix = effects(scores, "m", "clca", 7, list(SHARES), metric)
        found = specificity(matrix)
        assert (matrix.argmin(axis=0) == np.arange(5)).all()
        assert (found.centred.argmin(axis=1) == np.arange(5)).all()
        assert (np.diag(found.centred) < 0).all()
        assert found.statistic < 0
        assert found.p_value == pytest.approx(1 / 120)


def test_answers_of_an_engine_are_as_near_as_the_shares_that_it_draws(tmp_path):
    respondents = draw_people(400)
    drawn = arranged(answered(respondents, Survey(at_distance(JAPAN, PAPER[1]), 3)), respondents)
    shares = {item: block[:, :-1].mean(axis=0) for item, block in zip(JAPAN, drawn.chosen, strict=True)}
    assert score(shares, JAPAN)["kl_paper"] == pytest.approx(PAPER[1], abs=0.01)
