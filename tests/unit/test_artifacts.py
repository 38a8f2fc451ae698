"""Artifacts: what is written comes back the same, whole or not at all, and broken rows are never written."""

import os
import resource

import polars as pl
import pytest

from clca import artifacts, schemas
from clca.errors import InputError


@pytest.fixture
def table(utterance_rows):
    return pl.DataFrame(utterance_rows("s1", 1) + utterance_rows("s2", 2))


@pytest.mark.parametrize("name", ["t.jsonl", "t.parquet"])
def test_table_comes_back_the_same(table, tmp_path, name):
    artifacts.write(table, tmp_path / "new" / "folder" / name, schemas.Utterance)
    assert artifacts.read(tmp_path / "new" / "folder" / name, schemas.Utterance).equals(table)


@pytest.mark.parametrize("name", ["t.jsonl", "t.parquet"])
def test_columns_come_in_the_schema_s_order_and_equal_tables_give_equal_bytes(table, tmp_path, name):
    shuffled = table.select(reversed(table.columns))
    for folder, frame in (("one", table), ("two", shuffled)):
        artifacts.write(frame, tmp_path / folder / name, schemas.Utterance)
    assert artifacts.read(tmp_path / "two" / name, schemas.Utterance).columns == table.columns
    assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_texts_of_any_script_and_with_line_ends_survive_json_lines(table, tmp_path):
    text = 'はい。\n"Ja"\u2028\u0085\ttab\\ \r end'
    odd = table.with_columns(pl.lit(text).alias("utterance"))
    artifacts.write(odd, tmp_path / "t.jsonl", schemas.Utterance)
    assert artifacts.read(tmp_path / "t.jsonl", schemas.Utterance)["utterance"].to_list() == [text] * 4
    assert "はい" in (tmp_path / "t.jsonl").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["t.jsonl", "t.parquet"])
def test_table_without_rows_keeps_its_types(tmp_path, name):
    empty = pl.DataFrame(schema={"scenario_id": pl.String, "take": pl.Int64, "reason": pl.String})
    artifacts.write(empty, tmp_path / name, schemas.Dropped)
    assert artifacts.read(tmp_path / name, schemas.Dropped).schema == empty.schema


def test_nulls_and_whole_numbers_for_floats_are_read(tmp_path):
    row = '{"method": "cultural", "respondent": null, "question": "Q1", "option": null, "logprobs": [-1, -2.5], '
    (tmp_path / "t.jsonl").write_text(row + '"option_mass": 1}\n')
    read = artifacts.read(tmp_path / "t.jsonl", schemas.Answer).row(0, named=True)
    assert (read["respondent"], read["option"], read["option_mass"]) == (None, None, 1.0)
    assert read["logprobs"] == [-1.0, -2.5]


def test_broken_table_is_not_written_and_the_old_one_stays(table, tmp_path):
    path = tmp_path / "t.jsonl"
    artifacts.write(table, path, schemas.Utterance)
    before = path.read_bytes()
    broken = table.with_columns(turn=pl.Series([1, 2, 99, 2]))
    with pytest.raises(InputError, match=r"t\.jsonl: row 3, column turn = 99 fails"):
        artifacts.write(broken, path, schemas.Utterance)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["t.jsonl"]


def test_file_appears_only_when_complete_and_nothing_is_left_of_a_failure(tmp_path):
    path = tmp_path / "new" / "file.txt"
    with pytest.raises(RuntimeError), artifacts.replacing(path) as partial:  # noqa: PT012
        partial.write_text("half")
        assert not path.exists()
        raise RuntimeError
    assert list(path.parent.iterdir()) == []
    with artifacts.replacing(path) as partial:
        partial.write_text("whole")
    assert path.read_text() == "whole"
    assert list(path.parent.iterdir()) == [path]


def test_json_keeps_order_and_script_and_comes_back(tmp_path):
    value = {"b": [1, 2.5, None], "a": {"name": "東京"}}
    artifacts.write_json(value, tmp_path / "x.json")
    assert artifacts.read_json(tmp_path / "x.json") == value
    text = (tmp_path / "x.json").read_text(encoding="utf-8")
    assert text.index('"b"') < text.index('"a"')
    assert "東京" in text
    assert text.endswith("}\n")


def test_numbers_that_json_does_not_have_are_never_written(tmp_path):
    with pytest.raises(ValueError, match="JSON compliant"):
        artifacts.write_json({"kl": float("nan")}, tmp_path / "x.json")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["t.jsonl", "t.parquet"])
def test_table_without_room_is_told_and_the_old_one_stays(table, tmp_path, name):
    path = tmp_path / name
    artifacts.write(table, path, schemas.Utterance)
    whole, before = path.read_bytes(), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(whole) // 2, before[1]))
    try:
        with pytest.raises(InputError) as told:
            artifacts.write(table, path, schemas.Utterance)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert str(told.value).startswith(f"{path}: cannot be written (File too large); make room there")
    assert path.read_bytes() == whole
    assert os.listdir(tmp_path) == [name]
