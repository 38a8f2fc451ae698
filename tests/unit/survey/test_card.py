"""The scorecard's file: what it holds, byte for byte the same again, and a table of it for people."""

import json
import runpy
import sys
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from clca import artifacts, schemas
from clca.errors import InputError
from clca.survey.card import METHODS, build, shown, table
from clca.survey.columns import ITEMS
from clca.survey.metrics import METRICS
from clca.survey.questionnaire import OPTION_COUNTS
from clca.survey.scorecard import ACCURACIES
from clca.survey.summary import Summary, from_shares, summarise

RESOURCES = Path(__file__).parents[3] / "workflow/resources"
MARGINALS = RESOURCES / "wvs7_marginals.csv"
SCORED = (*METRICS, *ACCURACIES)
COMPARED = (*METRICS, "accuracy")
YARDSTICKS = ("true_marginals", "marginals_sample", "modal", "uniform", "other_cultures", "first_option")
PARAMS = {
    "countries": ["JPN"],
    "others": ["china", "germany", "uk", "mexico"],
    "language": "en",
    "weights": "none",
    "replicates": 2000,
    "permutations": 49,
    "seed": 42,
    "adapter_seed": 7,
    "code": "c0de",
}
KEYS = {
    "card": ["model", "culture", "language", "form", "items", "personas", "seed"],
    "parts": ["reference", "methods", "comparisons", "yardsticks", "provenance"],
    "reference": ["source", "countries", "weights", "synthetic_respondents", "respondents", "not_asked", "sha256"],
    "method": [*SCORED, "invalid_rate", "option_mass", "expected"],
    "value": ["value", "low", "high"],
    "comparison": ["a", "b", "metric", "of", "difference", "p_value", "p_holm"],
    "provenance": ["model_revision", "adapter", "code", "seeds"],
    "seeds": ["study", "adapter"],
    "meta": ["machine", "python", "versions", "written", "seconds"],
}


def answers(method, respondents, seed):
    """`Answer` rows at random."""
    rng, rows = np.random.default_rng(seed), []
    for respondent in respondents:
        for question in ITEMS:
            logprobs = rng.normal(-3, 1, OPTION_COUNTS[question]).tolist()
            row = {"method": method, "respondent": respondent, "question": question}
            rows.append(row | {"option": int(np.argmax(logprobs)) + 1, "logprobs": logprobs, "option_mass": 0.75})
    return pl.DataFrame(rows, schema_overrides={"respondent": pl.String, "option": pl.Int64})


def strictly(path):
    """The JSON of a file; NaN and infinities, which are no JSON, are refused."""

    def refuse(constant):
        raise AssertionError(f"{path} holds {constant}")

    return json.loads(path.read_text(encoding="utf-8"), parse_constant=refuse)


def write_artifacts(folder):
    """Paths of real artifacts: 12 respondents, of whom 6 are personas."""
    respondents, summary = from_shares(MARGINALS, RESOURCES / "demographics.csv", "japan", ["JPN"], 12, 0)
    personas = respondents[::2].select(list(schemas.Persona.to_schema().columns))
    paths = {name: str(folder / f"{name}.parquet") for name in ("respondents", "personas", *METHODS)}
    paths |= {"marginals": str(MARGINALS), "shipped": str(MARGINALS), "model": str(folder / "model.json")}
    paths["adapter"], paths["summary"] = str(folder / "adapter/adapter_model.safetensors"), str(folder / "summary.json")
    artifacts.write_record(summary, paths["summary"], Summary)
    artifacts.write(respondents, paths["respondents"], schemas.Respondent)
    artifacts.write(personas, paths["personas"], schemas.Persona)
    for seed, method in enumerate(METHODS):
        rows = answers(method, [None] if method == "cultural" else personas["respondent"], seed)
        artifacts.write(rows, paths[method], schemas.Answer)
    artifacts.write_json({"name": "m", "revision": "sha256:abc"}, paths["model"])
    Path(paths["adapter"]).parent.mkdir()
    Path(paths["adapter"]).write_bytes(b"weights")
    return paths


def build_in(folder, given, **changed):
    """Build a card; gives the paths of what was written."""
    names = {"card": "wvs.json", "item_scores": "wvs.items.parquet", "meta": "wvs.meta.json"}
    output = {key: str(folder / name) for key, name in names.items()}
    build(given, output, PARAMS | changed, {"model": "smollm2", "culture": "japan"})
    return {key: Path(path) for key, path in output.items()}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """What was written of a card, to be read only; `given` are the paths that it was built of."""
    folder = tmp_path_factory.mktemp("built")
    given = write_artifacts(folder)
    return build_in(folder / "out", given) | {"given": given}


@pytest.fixture(scope="module")
def card(built):
    return strictly(built["card"])


@pytest.fixture
def given(tmp_path):
    """Artifacts that a test may change."""
    return write_artifacts(tmp_path)


@pytest.fixture
def show(monkeypatch, capsys):
    """`python -m clca show PATH`: exit status, what it printed and what it complained of."""

    def run(path):
        monkeypatch.setattr(sys, "argv", ["clca", "show", str(path)])
        with pytest.raises(SystemExit) as stopped:
            runpy.run_module("clca", run_name="__main__")
        return stopped.value.code, *capsys.readouterr()

    return run


def test_card_has_exactly_its_keys(card):
    assert list(card) == KEYS["card"] + KEYS["parts"]
    assert list(card["reference"]) == KEYS["reference"]
    assert list(card["provenance"]) == KEYS["provenance"]
    assert list(card["provenance"]["seeds"]) == KEYS["seeds"]
    assert tuple(card["methods"]) == METHODS
    for method in card["methods"].values():
        assert list(method) == KEYS["method"]
        assert tuple(method["expected"]) == SCORED
        for values in (method, method["expected"]):
            assert all(list(values[metric]) == KEYS["value"] for metric in SCORED)
    assert len(card["comparisons"]) == 3 * len(COMPARED)
    for comparison in card["comparisons"]:
        assert list(comparison) == KEYS["comparison"]
        assert list(comparison["difference"]) == KEYS["value"]
    assert tuple(card["yardsticks"]) == YARDSTICKS
    assert all(tuple(row) == SCORED for row in card["yardsticks"].values())


def test_card_says_what_was_compared_with_what(card):
    assert (card["model"], card["culture"], card["language"], card["form"]) == ("smollm2", "japan", "en", "constrained")
    assert (card["items"], card["personas"], card["seed"]) == (44, 6, 42)
    reference = card["reference"]
    assert (reference["countries"], reference["respondents"]) == (["JPN"], 12)
    assert (reference["synthetic_respondents"], reference["weights"], reference["not_asked"]) == (True, "none", [])
    assert reference["sha256"] == sha256(MARGINALS.read_bytes()).hexdigest()
    assert card["provenance"]["seeds"] == {"study": 42, "adapter": 7}
    assert (card["provenance"]["model_revision"], card["provenance"]["code"]) == ("sha256:abc", "c0de")


def make_real(given, weighted=True, **columns):
    """Turn the synthetic respondents into some of a survey, without whom nobody knows the culture's shares."""
    real = artifacts.read(given["respondents"], schemas.Respondent).with_columns(synthetic=pl.lit(False), **columns)
    artifacts.write(real, given["respondents"], schemas.Respondent)
    about = summarise(real, "survey.csv", "ab" * 32, 20, {"no country": 8}, weighted)
    artifacts.write_record(about, given["summary"], Summary)
    del given["marginals"]
    return real


def test_models_are_scored_against_the_rows_of_real_respondents(given, tmp_path):
    real = make_real(given)
    card = strictly(build_in(tmp_path, given)["card"])
    reference = card["reference"]
    assert (reference["source"], reference["sha256"]) == ("survey.csv", "ab" * 32)
    assert (reference["synthetic_respondents"], reference["respondents"]) == (False, 12)
    assert "synthetic" not in table(card)
    # All respondents are the reference, of whom the personas are half.
    modal = np.mean([real[item].value_counts(sort=True)["count"][0] / 12 for item in ITEMS])
    expected = np.mean([((real[item].value_counts()["count"] / 12) ** 2).sum() for item in ITEMS])
    assert card["yardsticks"]["true_marginals"]["jsd"] == 0
    assert card["yardsticks"]["true_marginals"]["accuracy"] == pytest.approx(expected, abs=0.05)
    assert card["yardsticks"]["modal"]["accuracy"] == pytest.approx(modal, abs=0.05)


def test_real_respondents_are_resampled_too(built, given, tmp_path):
    """One prompt's expected distances vary over items alone, but for the respondents' own chance."""

    def width(card):
        value = strictly(card)["methods"]["persona"]["emd"]
        return value["high"] - value["low"]

    real = make_real(given)
    few = width(build_in(tmp_path / "few", given)["card"])
    many = pl.concat([real] * 200).with_columns(respondent=pl.format("r{}", pl.int_range(2400)))
    many = pl.concat([real, many])
    artifacts.write(many, given["respondents"], schemas.Respondent)
    assert width(build_in(tmp_path / "many", given)["card"]) < few


def test_weights_count_where_asked_for(given, tmp_path):
    weight = pl.Series("weight", [5.0] * 4 + [0.5] * 8)
    real = make_real(given, weight=weight)
    cards = {name: strictly(build_in(tmp_path / name, given, weights=name)["card"]) for name in ("none", "W_WEIGHT")}
    for name, card in cards.items():
        assert card["reference"]["weights"] == name
        assert table(card).splitlines()[0].endswith(", weighted") == (name == "W_WEIGHT")
        weights = weight if name == "W_WEIGHT" else pl.Series([1.0] * 12)
        modes = []
        for item in ITEMS:
            sums = np.bincount(real[item], weights=weights)
            modes.append((real[::2][item] == int(np.argmax(sums))).mean())
        assert card["yardsticks"]["modal"]["accuracy"] == pytest.approx(np.mean(modes), abs=1e-6)
    assert cards["none"]["methods"] != cards["W_WEIGHT"]["methods"]


def test_weights_that_nobody_has_are_refused(given, tmp_path):
    with pytest.raises(InputError, match=r"survey\.weights = 'W_WEIGHT', but .* has no column W_WEIGHT; write none"):
        build_in(tmp_path, given, weights="W_WEIGHT")


def test_items_not_asked_are_left_out_of_every_mean_and_named(given, tmp_path):
    empty = pl.lit(None, pl.Int64)
    make_real(given, Q7=empty, Q45=empty)
    paths = build_in(tmp_path, given)
    card = strictly(paths["card"])
    assert (card["items"], card["reference"]["not_asked"]) == (42, ["Q7", "Q45"])
    rows = artifacts.read(paths["item_scores"], schemas.ItemScore)
    assert set(ITEMS) - set(rows["question"]) == {"Q7", "Q45"}
    for name, method in card["methods"].items():
        assert method["jsd"]["value"] == pytest.approx(rows.filter(method=name)["jsd"].mean(), abs=1e-6)
        # They are nobody's missing answers either: everybody answered all other items.
        assert method["accuracy_answered"]["value"] == pytest.approx(method["accuracy"]["value"], abs=1e-6)
    assert card["yardsticks"]["true_marginals"]["jsd"] == 0
    assert "Not asked there and left out: Q7, Q45." in table(card)


def test_missing_answers_are_wrong_in_one_accuracy_and_left_out_of_the_other(given, tmp_path):
    half = pl.int_range(12) % 4 == 0
    real = make_real(given, **{item: pl.when(half).then(pl.col(item)) for item in ITEMS[:22]})
    card = strictly(build_in(tmp_path, given)["card"])
    personas = artifacts.read(given["personas"], schemas.Persona)["respondent"].to_list()
    own = real.filter(pl.col("respondent").is_in(personas)).select(ITEMS).to_numpy()
    given_answers = artifacts.read(given["clca"], schemas.Answer)["option"].to_numpy().reshape(6, 44)
    right = given_answers == own
    found = card["methods"]["clca"]
    assert found["accuracy"]["value"] == pytest.approx(right.sum() / (6 * 44), abs=1e-6)
    by_person = right.sum(axis=1) / (~np.isnan(own)).sum(axis=1)
    assert found["accuracy_answered"]["value"] == pytest.approx(by_person.mean(), abs=1e-6)
    assert found["accuracy_answered"]["low"] < found["accuracy_answered"]["value"] < found["accuracy_answered"]["high"]
    for row in card["yardsticks"].values():
        assert row["accuracy"] < row["accuracy_answered"]


def build_small(given, folder, methods, adapter=True, **changed):
    """A scorecard of some methods only."""
    kept = {key: path for key, path in given.items() if key not in METHODS and (adapter or key != "adapter")}
    answers = [given[method.split("-seed")[0]] for method in methods]
    return build_in(folder, kept | {"answers": answers}, methods=methods, **changed)


def test_card_of_any_list_of_methods_has_the_same_numbers_in_its_order(card, given, tmp_path):
    small = strictly(build_small(given, tmp_path, ["clca-seed7", "persona"])["card"])
    assert list(small) == list(card)
    assert small["methods"] == {"clca-seed7": card["methods"]["clca"], "persona": card["methods"]["persona"]}
    assert (small["yardsticks"], small["provenance"]) == (card["yardsticks"], card["provenance"])
    assert [(row["a"], row["b"]) for row in small["comparisons"]] == [("clca-seed7", "persona")] * len(COMPARED)


def test_card_without_an_adapter_names_none(given, tmp_path):
    small = strictly(build_small(given, tmp_path, ["persona"], adapter=False)["card"])
    assert (small["provenance"]["adapter"], small["provenance"]["seeds"]) == (None, {"study": 42})
    assert (list(small["methods"]), small["comparisons"]) == (["persona"], [])


def test_first_personas_are_scored_where_a_method_answered_as_fewer(given, tmp_path):
    few = artifacts.read(given["personas"], schemas.Persona)["respondent"].head(4)
    fewer = artifacts.read(given["clca"], schemas.Answer).filter(pl.col("respondent").is_in(few.to_list()))
    artifacts.write(fewer, given["clca"], schemas.Answer)
    with pytest.raises(InputError, match="is missing"):
        build_small(given, tmp_path, ["persona", "clca"])
    assert strictly(build_small(given, tmp_path, ["persona", "clca"], personas=4)["card"])["personas"] == 4


def test_long_names_of_methods_keep_their_columns_in_line(given, tmp_path):
    lines = table(strictly(build_small(given, tmp_path, ["clca-seed7@germany-and-austria"])["card"])).splitlines()
    (row,) = (line for line in lines if line.startswith("clca-seed7@"))
    (modal,) = (line for line in lines if line.startswith("  modal"))
    assert len(row) == len(lines[2])
    assert len(modal) == len(row) - 13


def test_language_of_the_answers_is_said(given, tmp_path):
    assert strictly(build_in(tmp_path, given, language="ja")["card"])["language"] == "ja"


def test_adapter_is_known_by_its_weights(card, given, tmp_path):
    Path(given["adapter"]).write_bytes(b"other weights")
    assert strictly(build_in(tmp_path, given)["card"])["provenance"]["adapter"] != card["provenance"]["adapter"]


def test_card_built_again_is_the_same_to_the_byte(built, given, tmp_path):
    again, other = build_in(tmp_path / "again", given), build_in(tmp_path / "other", given, seed=43)
    for name in ("card", "item_scores"):
        assert again[name].read_bytes() == built[name].read_bytes()
    assert other["card"].read_bytes() != built["card"].read_bytes()


def test_volatile_facts_are_beside_the_card_only(built):
    meta = strictly(built["meta"])
    assert list(meta) == KEYS["meta"]
    assert meta["versions"]["numpy"] == np.__version__
    assert abs(datetime.fromisoformat(meta["written"]).timestamp() - built["meta"].stat().st_mtime) < 60
    assert 0 <= meta["seconds"] < 60
    text = built["card"].read_text()
    assert not any(f'"{key}"' in text for key in KEYS["meta"])


def test_item_scores_lie_beside_the_card_and_make_its_means(built, card):
    rows = artifacts.read(built["item_scores"], schemas.ItemScore)
    assert len(rows) == 3 * len(ITEMS)
    for name, method in card["methods"].items():
        mean = rows.filter(pl.col("method") == name)["jsd"].mean()
        assert method["jsd"]["value"] == pytest.approx(mean, abs=1e-6)


def test_nothing_of_a_respondent_is_in_what_is_shared(built, card):
    ids = artifacts.read(built["given"]["respondents"], schemas.Respondent)["respondent"]
    shared = built["card"].read_text() + built["meta"].read_text() + table(card)
    assert not any(respondent in shared for respondent in ids)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_method_without_a_valid_answer_still_makes_a_card(given, tmp_path):
    silent = artifacts.read(given["persona"], schemas.Answer).with_columns(option=pl.lit(None, pl.Int64))
    artifacts.write(silent, given["persona"], schemas.Answer)
    card = strictly(build_in(tmp_path, given)["card"])
    assert card["methods"]["persona"]["kl"] == {"value": None, "low": None, "high": None}
    assert card["methods"]["persona"]["invalid_rate"] == 1
    row, _ = (line for line in table(card).splitlines() if line.startswith("persona"))
    assert row.split()[4] == "-"


def test_one_prompt_stands_beside_what_is_expected_of_others_and_never_beside_their_choices(card):
    rows = shown(card)
    assert list(rows) == ["persona", "clca", "persona (expected)", "cultural (expected)", "clca (expected)"]
    for name in ("persona", "clca"):
        assert rows[name]["jsd"] == card["methods"][name]["jsd"]
        assert rows[f"{name} (expected)"]["jsd"] == card["methods"][name]["expected"]["jsd"]
    without = card | {"methods": {name: method for name, method in card["methods"].items() if name != "cultural"}}
    assert list(shown(without)) == ["persona", "clca"]


def test_table_has_a_row_for_each_method_and_yardstick(card):
    lines = table(card).splitlines()
    assert "smollm2 against japan: 6 personas x 44 items, synthetic respondents" in lines[0]
    assert all(name in lines[2] for name in COMPARED)
    named = {line.partition("  ")[0] if line[0] != " " else line.split()[0]: line for line in lines[3:] if line}
    for name, method in shown(card).items():
        row = named[name]
        assert all(f"{method[metric]['value']:.3f} [{method[metric]['low']:.3f}" in row for metric in COMPARED)
        assert row.endswith("0.750")
    for name, row in card["yardsticks"].items():
        assert named[name].split()[1:] == [f"{row[metric]:.3f}" for metric in COMPARED]
    value = card["methods"]["clca"]["jsd"]
    assert f"{value['value']:.3f} [{value['low']:.3f} {value['high']:.3f}]" in named["clca"]


def test_show_prints_the_table(built, card, show):
    assert show(built["card"]) == (0, table(card) + "\n", "")


def complaint(shown):
    """The one line with which `show` ended."""
    status, out, err = shown
    assert (status, out, err.count("\n")) == (1, "", 1)
    return err


@pytest.mark.parametrize(
    "content",
    ["", "no JSON", "{}", "[]", "[1]", "3", "null", '"wvs"', '{"model": 1}', b"\xff\xfe\x00"],
    ids=repr,
)
def test_file_that_is_no_card_is_told_in_one_line(show, tmp_path, content):
    path = tmp_path / "wvs.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    assert complaint(show(path)).startswith(f"error: {path}: not ")


@pytest.mark.parametrize("name", ["nowhere.json", ".", "wvs.json/deeper", "wvs.items.parquet"])
def test_path_that_is_no_card_is_told_in_one_line(built, show, name):
    path = built["card"].parent / name
    assert complaint(show(path)).startswith(f"error: {path}: no")


def test_the_card_s_own_meta_is_no_card(built, show):
    path = built["meta"]
    assert complaint(show(path)).startswith(f"error: {path}: not a scorecard: ")


@pytest.mark.parametrize(
    ("key", "value"),
    [("methods", ["persona"]), ("methods", {"persona": {}}), ("yardsticks", {"modal": dict.fromkeys(SCORED, "far")})],
)
def test_card_with_a_broken_part_is_no_card(card, show, tmp_path, key, value):
    path = tmp_path / "wvs.json"
    artifacts.write_json(card | {key: value}, path)
    assert complaint(show(path)).startswith(f"error: {path}: not a scorecard: ")
