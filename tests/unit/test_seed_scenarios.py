"""The shipped seed scenarios and norms: complete, spread over the topics, and different from each other."""

import json
import re
from collections import Counter
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from datasketch import MinHash

from clca.schemas import PROFILE, SIDES

FOLDER = Path(__file__).parents[2] / "workflow" / "resources" / "scenarios"
TOPICS = {"work", "family", "shops", "travel", "neighbours", "school", "health", "celebrations"}
SEED_COLUMNS = [
    *("seed_id", "topic", "setting", "relationship", "conflict"),
    *(f"{side}_{field}" for side in SIDES for field in PROFILE),
]
SURVEY_WORDING = (
    "important in life",
    "like to have as neighbo",
    "learn at home",
    "qualities that children",
    "feeling of responsibility",
    "religious faith",
    "jobs are scarce",
    "political leaders",
    "business executives",
    "being a housewife",
    "parents proud",
    "towards society",
    "respect for authority",
    "emphasis on the development of technology",
    "work should always come first",
)


def rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (FOLDER / name).read_text(encoding="utf-8").splitlines()]


SEEDS = rows("seeds.jsonl")
NORMS = rows("norms.jsonl")


def seed_text(seed: dict[str, Any]) -> str:
    return " ".join(seed[key] for key in ("setting", "a_goal", "a_secret", "b_goal", "b_secret"))


def sketch(text: str) -> MinHash:
    words = re.findall(r"\w+", text.lower())
    result = MinHash(num_perm=256)
    result.update_batch([" ".join(words[start : start + 3]).encode() for start in range(len(words) - 2)])
    return result


def near_duplicates(texts: dict[str, str]) -> list[tuple[str, str]]:
    sketches = {name: sketch(text) for name, text in texts.items()}
    return [(a, b) for a, b in combinations(sketches, 2) if sketches[a].jaccard(sketches[b]) >= 0.5]


def test_there_are_44_of_each_with_running_numbers() -> None:
    assert [seed["seed_id"] for seed in SEEDS] == [f"seed-{number:03d}" for number in range(1, 45)]
    assert [norm["norm_id"] for norm in NORMS] == [f"norm-{number:03d}" for number in range(1, 45)]


@pytest.mark.parametrize("sources", [SEEDS, NORMS], ids=["seeds", "norms"])
def test_each_topic_has_at_least_five(sources: list[dict[str, Any]]) -> None:
    counts = Counter(row["topic"] for row in sources)
    assert counts.keys() == TOPICS
    assert min(counts.values()) >= 5


def test_seeds_have_all_columns_filled() -> None:
    for seed in SEEDS:
        assert list(seed) == SEED_COLUMNS
        for column, value in seed.items():
            if column.endswith("_age"):
                assert isinstance(value, int)
                assert 16 <= value <= 95
            else:
                assert isinstance(value, str)
                assert value
                assert value == value.strip()


def test_norms_are_one_sentence_each() -> None:
    for norm in NORMS:
        assert list(norm) == ["norm_id", "topic", "norm"]
        assert re.fullmatch(r"[A-Z][^.!?\n]+\.", norm["norm"])


def test_settings_are_one_or_two_sentences() -> None:
    for seed in SEEDS:
        assert 1 <= len(re.findall(r"[.!?](?: |$)", seed["setting"])) <= 2, seed["seed_id"]


def test_no_two_seeds_share_relationship_and_conflict() -> None:
    assert len({(seed["relationship"], seed["conflict"]) for seed in SEEDS}) == len(SEEDS)


def test_no_two_people_share_a_name() -> None:
    assert len({seed[f"{side}_name"] for seed in SEEDS for side in SIDES}) == 2 * len(SEEDS)


def test_seeds_are_not_near_duplicates() -> None:
    assert near_duplicates({seed["seed_id"]: seed_text(seed) for seed in SEEDS}) == []


def test_norms_are_not_near_duplicates() -> None:
    assert near_duplicates({norm["norm_id"]: norm["norm"] for norm in NORMS}) == []


def test_a_copy_with_a_word_changed_is_a_near_duplicate() -> None:
    text = seed_text(SEEDS[0])
    assert near_duplicates({"original": text, "copy": text.replace("figure", "number", 1)}) == [("original", "copy")]


@pytest.mark.parametrize("wording", SURVEY_WORDING)
def test_wording_of_the_survey_is_not_quoted(wording: str) -> None:
    for name in ("seeds.jsonl", "norms.jsonl"):
        assert wording not in (FOLDER / name).read_text(encoding="utf-8").lower()
