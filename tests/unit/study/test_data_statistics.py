"""Statistics of the training data: counted by hand, and beside the paper's."""

from pathlib import Path

import polars as pl
import pytest

from clca.schemas import DataCell, Intent, Utterance
from clca.study import published, rendering
from clca.study.data_statistics import NOTES, STATISTICS, TITLE, Data, Source, cells, describe

TABLE_9 = published.data_statistics(Path(__file__).parents[3] / "workflow/resources/published")
JAPAN = Source("llama70b", "social", "japan")


@pytest.fixture
def data(scenario_row, utterance_rows):
    """Three scenarios; of one both takes are kept, of 3 and 4 turns; five intents, one of them without a label."""
    rows = [*utterance_rows("s1", 1, 3), *utterance_rows("s1", 2, 4)]
    for index, row in enumerate(rows):
        row["utterance"] = "one two  three," + " four" * index
    filtered = Utterance.validate(pl.DataFrame(rows))
    labels = ["cultural", "generic", "generic", "cultural", "generic", None, "cultural"]
    keys = filtered.select("culture", "scenario_id", "take", "turn")
    intents = keys.with_columns(intent=pl.lit("to greet"), relation=pl.Series(labels))
    return Data(pl.DataFrame([scenario_row(f"s{i}") for i in (1, 2, 3)]), filtered, Intent.validate(intents))


def test_statistics_are_counts_and_means(data):
    found = describe(data)
    assert tuple(found) == STATISTICS
    assert (found["scenarios"], found["kept_dialogues"]) == (3, 2)
    assert (found["turns"], found["exchanges"]) == (3.5, 2)
    assert found["words"] == pytest.approx(sum(range(3, 10)) / 7)
    assert found["cultural_intents"] == pytest.approx(3 / 6)
    assert found["unlabelled_intents"] == pytest.approx(1 / 7)


def test_nothing_kept_has_no_means(data):
    empty = describe(Data(data.scenarios, data.filtered.clear(), data.intents.clear()))
    assert (empty["scenarios"], empty["kept_dialogues"]) == (3, 0)
    assert {empty[name] for name in ("turns", "words", "cultural_intents", "exchanges")} == {None}


def test_table_stands_beside_the_paper_s_and_names_what_is_missing(data):
    wiki, mexico = JAPAN._replace(corpus="wiki"), JAPAN._replace(culture="mexico")
    other = JAPAN._replace(teacher="qwen32b")
    every = cells({JAPAN: data, wiki: data, other: data}, TABLE_9, "llama70b", [JAPAN, mexico])
    found = DataCell.validate(every).filter(teacher="llama70b")
    # The paper tells of one teacher's data.
    assert every.filter(teacher="qwen32b")["published"].null_count() == len(STATISTICS)
    (turns,) = found.filter(statistic="turns", culture="japan", corpus="social").to_dicts()
    assert (turns["value"], turns["published"]) == (3.5, 5.36)
    assert turns["gap"] == pytest.approx(3.5 - 5.36)
    assert found.filter(corpus="wiki")["published"].null_count() == len(STATISTICS)
    assert set(found.filter(culture="mexico")["status"]) == {"missing"}
    assert found["culture"].unique(maintain_order=True).to_list() == ["japan", "mexico"]


def test_paper_s_table_comes_out_as_it_went_in():
    sources = [Source("llama70b", "social", culture) for culture in TABLE_9["culture"].unique(maintain_order=True)]
    found = cells({}, TABLE_9, "llama70b", sources)
    told = found.filter(found["published"].is_not_null()).select("culture", "statistic", "published")
    assert sorted(told.rows()) == sorted(TABLE_9.rows())
    assert len(told) == 25


def test_table_is_written_in_three_forms(data, tmp_path):
    found = cells({JAPAN: data}, TABLE_9, "llama70b")
    grid = rendering.grid(found, ["teacher", "corpus", "culture"], "statistic")
    assert grid.header == ["teacher", "corpus", "culture", "number", *STATISTICS]
    assert grid.groups[0][0][:7] == ["llama70b", "social", "japan", "ours", "3", "2", "3.5000"]
    assert grid.groups[0][1][4:7] == ["209", "69", "5.3600"]
    assert grid.groups[0][2][4:7] == ["-206", "-67", "-1.8600"]
    rendering.write(found, grid, TITLE, NOTES, tmp_path, "data")
    assert pl.read_csv(tmp_path / "data.csv").columns == list(DataCell.dtypes())
    assert "| llama70b | social | japan | ours | 3 | 2 | 3.5000 |" in (tmp_path / "data.md").read_text()
    assert r"llama70b & social & japan & ours & 3 & 2 & 3.5000 &" in (tmp_path / "data.tex").read_text()
