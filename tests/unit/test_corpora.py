"""Seed corpora: every format in, seeds and norms out; all rows here are made up."""

import csv
import hashlib
import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import yaml

from clca import artifacts, schemas
from clca.config import check
from clca.corpora import RELATIONSHIPS, Source, draw, generator
from clca.culture import GivenNames, Hofstede, InglehartWelzel, Traits
from clca.engines.base import Sampling
from clca.errors import InputError
from clca.scenarios import ScenarioSettings, adapt, load_sources

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "workflow" / "resources" / "scenarios"
CONFIG = yaml.safe_load((ROOT / "config/config.yaml").read_text())
SCHEMA = yaml.safe_load((ROOT / "workflow/schemas/config.schema.yaml").read_text())
UTOPIA = Traits(
    name="the Isle of Utopia",
    people="Utopian",
    hofstede=Hofstede(**dict.fromkeys(Hofstede.model_fields, 50.0)),
    inglehart_welzel=InglehartWelzel(survival_self_expression=1.0, traditional_secular=-1.0),
    names=GivenNames(
        female=("Alba", "Dora", "Mila"), male=("Ivo", "Leo", "Raf"), family=("Hytho", "More", "Giles", "Busl")
    ),
    name_order="given-first",
)
PERSON = {"name": "Alba", "age": 40, "gender": "woman", "occupation": "baker", "background": "Bakes."}
PERSON |= {"goal": "Sell.", "secret": "None."}
PINNED = "0e50eea307dbdf86524eaebbf6e9d510e249351222195dde43d50ff8ca746ef8"
SCENE = {"setting": "A shop.", "relationship": "friends", "a": PERSON, "b": PERSON}

ENVIRONMENTS = [
    {
        "pk": f"E{number}",
        "codename": f"env {number}",
        "source": "ours" if number % 2 else "theirs",
        "scenario": f"Two people share boat\n{number}.",
        "relationship": number % 6,
        "agent_goals": [f"Row to shore {number} <extra_info>The oar <b>broke</b></extra_info>", f"Fish on {number}"],
    }
    for number in range(12)
]
AGENTS = [
    {
        "first_name": f"First{number}",
        "last_name": f"Last{number}",
        "age": 20 + number if number else 0,
        "gender": "Woman",
        "occupation": f"trade {number}",
        "public_info": f"Public {number}.",
        "secret": f"Secret {number}." if number else "",
    }
    for number in range(5)
]
CHEMISTRY = [
    {"area": area, "m": "1", "rot-agree": agree, "rot-bad": bad, "rot": rot, "situation": 'said "no", then\tleft'}
    for area, agree, bad, rot in [
        ("isle", "3", "0", "It's good to knock."),
        ("isle", "4.0", "0.0", 'It is rude to say "no".'),
        ("isle", "2", "0", "Disagreed."),
        ("isle", "", "0", "Not rated."),
        ("isle", "4", "1", "Bad."),
        ("isle", "4", "0", ""),
        ("isle", "4", "0", "It's good to knock."),
        ("shore", "4", "0", "You should  row."),
    ]
]
ATLAS = [
    {"Country": "Utopia", "SubCountry": "", "NormCanonical": "Elsewhere."},
    {"Country": "Isle of Utopia", "SubCountry": None, "NormCanonical": "Guests are rowed home."},
    {"Country": "The Isle of Utopia", "SubCountry": "North", "NormCanonical": "Oars are lent."},
]
BANK = [
    {"cultural group": group, "context": "on boats", "goal": "None", "relation": "", "actor": actor}
    | {"actor_behavior": behaviour, "recipient": "rowers", "topic": topic, "agreement": "0.8"}
    for group, actor, behaviour, topic in [
        ("Utopian people", "guests", "sing", "Boats"),
        ("utopian", "nan", "wave, twice", "Boats"),
        ("Islander", "hosts", "bow", "Greeting"),
        ("Mainlander", "hosts", "nod", "Greeting"),
    ]
]
NORMBANK = [
    {"setting": "ferry", "behavior": "sing", "setting-behavior": "x", "constraints": "at night", "norm": "Taboo"}
    | {"label": "0"},
    {"setting": "pier", "behavior": "wave", "setting-behavior": "x", "constraints": "", "norm": "normal", "label": "1"},
]


def table(path, rows, separator=",", encoding="utf-8", newline="\n"):
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter=separator, lineterminator=newline)
        writer.writeheader()
        writer.writerows(rows)
    return path


def lines(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


WRITERS = {
    "sotopia": lambda folder: lines(folder / "envs.jsonl", ENVIRONMENTS),
    "social_chemistry": lambda folder: table(folder / "social-chem-101.v1.0.tsv", CHEMISTRY, "\t"),
    "culture_atlas": lambda folder: lines(folder / "atlas.jsonl", ATLAS),
    "culturebank": lambda folder: table(folder / "bank.csv", BANK),
    "normbank": lambda folder: table(folder / "NormBank.csv", NORMBANK),
}


def drawn(kind, path, take=1, seed=1, **more):
    source = Source(kind=kind, path=path, take=take, **more)
    return draw(source, UTOPIA, generator(source, seed))


def refused(match, kind, path, **more):
    with pytest.raises(InputError, match=match) as caught:
        drawn(kind, path, **more)
    assert "\n" not in str(caught.value)


def test_environment_becomes_a_seed_without_people(tmp_path):
    rows = drawn("sotopia", WRITERS["sotopia"](tmp_path), take=12)
    assert rows[3] == {
        "seed_id": "sotopia-envs-4",
        "topic": "ours",
        "setting": "Two people share boat 3.",
        "relationship": RELATIONSHIPS[3],
        "conflict": "their two goals",
        "a_goal": "Row to shore 3 The oar broke",
        "b_goal": "Fish on 3",
    }


def test_json_list_gives_what_json_lines_give(tmp_path):
    whole = tmp_path / "list" / "envs.json"
    whole.parent.mkdir()
    whole.write_text("\ufeff" + json.dumps(ENVIRONMENTS, indent=2), encoding="utf-8")
    assert drawn("sotopia", whole, take=12) == drawn("sotopia", WRITERS["sotopia"](tmp_path), take=12)


def test_two_different_agents_play_an_environment(tmp_path):
    agents = lines(tmp_path / "agents.jsonl", AGENTS)
    rows = drawn("sotopia", WRITERS["sotopia"](tmp_path), take=12, agents=agents)
    assert all(row["a_name"] != row["b_name"] for row in rows)
    sides = [(row, side) for row in rows for side in "ab"]
    for row, side in sides:
        number = row[f"{side}_name"].removeprefix("First").split()[0]
        assert row[f"{side}_background"] == f"Public {number}."
        assert row.get(f"{side}_age") == (20 + int(number) if number != "0" else None)
        assert row.get(f"{side}_secret") == (f"Secret {number}." if number != "0" else None)
    assert any(f"{side}_age" not in row for row, side in sides)


def test_good_and_agreed_norms_of_an_area_are_taken_once(tmp_path):
    rows = drawn("social_chemistry", WRITERS["social_chemistry"](tmp_path), take=2, area="isle")
    assert rows == [
        {"norm_id": "social_chemistry-social-chem-101.v1.0-2", "topic": "isle", "norm": "It's good to knock."},
        {"norm_id": "social_chemistry-social-chem-101.v1.0-3", "topic": "isle", "norm": 'It is rude to say "no".'},
    ]
    assert drawn("social_chemistry", WRITERS["social_chemistry"](tmp_path), take=3)[2]["norm"] == "You should row."


def test_atlas_gives_norms_of_the_culture_alone(tmp_path):
    assert drawn("culture_atlas", WRITERS["culture_atlas"](tmp_path), take=2) == [
        {"norm_id": "culture_atlas-atlas-2", "topic": "Isle of Utopia", "norm": "Guests are rowed home."},
        {"norm_id": "culture_atlas-atlas-3", "topic": "North", "norm": "Oars are lent."},
    ]


def test_bank_is_told_in_a_sentence_without_what_is_not_known(tmp_path):
    assert drawn("culturebank", WRITERS["culturebank"](tmp_path), take=2) == [
        {
            "norm_id": "culturebank-bank-2",
            "topic": "Boats",
            "norm": "guests sing (context: on boats; recipient: rowers).",
        },
        {
            "norm_id": "culturebank-bank-3",
            "topic": "Boats",
            "norm": "utopian wave, twice (context: on boats; recipient: rowers).",
        },
    ]


def test_other_names_of_the_culture_are_taken_too(tmp_path):
    rows = drawn("culturebank", WRITERS["culturebank"](tmp_path), take=3, names=("islander",))
    assert [row["topic"] for row in rows] == ["Boats", "Boats", "Greeting"]


def test_normbank_says_how_a_behaviour_is_seen_where(tmp_path):
    norms = [row["norm"] for row in drawn("normbank", WRITERS["normbank"](tmp_path), take=2)]
    assert norms == ["sing is taboo here: ferry; at night.", "wave is normal here: pier."]


@pytest.mark.parametrize(("encoding", "newline"), [("utf-8-sig", "\n"), ("utf-8", "\r\n")])
def test_byte_order_mark_and_windows_line_ends_change_nothing(tmp_path, encoding, newline):
    other = tmp_path / "other" / "bank.csv"
    other.parent.mkdir()
    table(other, BANK, encoding=encoding, newline=newline)
    assert drawn("culturebank", other, take=2) == drawn("culturebank", WRITERS["culturebank"](tmp_path), take=2)


@pytest.mark.parametrize("with_agents", [False, True])
def test_seed_decides_the_draw_and_a_larger_one_keeps_the_smaller(tmp_path, with_agents):
    agents = lines(tmp_path / "agents.jsonl", AGENTS) if with_agents else None
    path = WRITERS["sotopia"](tmp_path)
    small = drawn("sotopia", path, take=4, agents=agents)
    assert small == drawn("sotopia", path, take=4, agents=agents)
    assert small != drawn("sotopia", path, take=4, agents=agents, seed=2)
    large = drawn("sotopia", path, take=8, agents=agents)
    assert [row for row in large if row in small] == small
    assert [row["seed_id"] for row in large] == sorted(
        (row["seed_id"] for row in large), key=lambda name: int(name.split("-")[-1])
    )


def test_generators_of_sources_differ_and_take_is_no_part_of_them():
    sources = [Source(kind="sotopia", path=name, take=1) for name in ("a.jsonl", "b.jsonl")]
    sources.append(Source(kind="sotopia", path="a.jsonl", take=1, area="x"))
    assert len({generator(source, 1).integers(2**62) for source in sources}) == 3
    larger = Source(kind="sotopia", path="elsewhere/a.jsonl", take=9)
    assert generator(larger, 1).integers(2**62) == generator(sources[0], 1).integers(2**62)


@pytest.mark.parametrize("kind", WRITERS)
def test_missing_file_is_told(kind, tmp_path):
    refused(r"x\.csv: no such file; give your own copy of the corpus", kind, tmp_path / "x.csv")


COLUMNS = {
    "sotopia": "agent_goals",
    "social_chemistry": "rot-bad",
    "culture_atlas": "SubCountry",
    "culturebank": "cultural group",
    "normbank": "constraints",
}


@pytest.mark.parametrize(("kind", "column"), COLUMNS.items())
def test_missing_column_is_told_with_what_is_needed_and_there(kind, column, tmp_path):
    path = WRITERS[kind](tmp_path)
    path.write_text(path.read_text().replace(column, "other"))
    refused(rf": column {column} is missing; needed: .*{column}.*; there: .*other", kind, path)


def test_file_of_another_kind_lacks_columns(tmp_path):
    refused("column cultural group is missing", "culturebank", WRITERS["normbank"](tmp_path))


@pytest.mark.parametrize(
    ("kind", "area", "there"),
    [
        ("sotopia", "our", "column source .* did you mean 'ours'"),
        ("social_chemistry", "isles", "column area .* did you mean 'isle'"),
        ("culture_atlas", "South", "column SubCountry .* allowed: North"),
        ("culturebank", "Greeting", "column topic .* allowed: Boats"),
        ("normbank", "bank", "column setting .* allowed: ferry, pier"),
    ],
)
def test_unknown_area_is_told_with_those_that_are_there(kind, area, there, tmp_path):
    refused(rf"config: scenarios\.sources: area = '{area}': none in {there}", kind, WRITERS[kind](tmp_path), area=area)


@pytest.mark.parametrize(
    ("kind", "column", "values"),
    [
        ("culture_atlas", "Country", "Elsewhere0, Elsewhere1, "),
        ("culturebank", "cultural group", "Elsewhere0, Elsewhere1, "),
    ],
)
def test_culture_that_a_corpus_lacks_is_told_with_some_that_it_has(kind, column, values, tmp_path):
    rows = [{**(ATLAS[2] if kind == "culture_atlas" else BANK[0]), column: f"Elsewhere{n % 15}"} for n in range(16)]
    path = (lines if kind == "culture_atlas" else table)(tmp_path / "x", rows)
    refused(
        rf"column {column} has no 'the Isle of Utopia' and no 'Utopian'; .*allowed: {values}.* and 3 more; .*`names`",
        kind,
        path,
    )


@pytest.mark.parametrize(
    ("kind", "there", "words"),
    [
        ("sotopia", 12, ""),
        ("social_chemistry", 3, ""),
        ("culture_atlas", 2, " for the Isle of Utopia"),
        ("culturebank", 2, " for the Isle of Utopia"),
        ("normbank", 2, ""),
    ],
)
def test_more_than_there_are_is_told_with_how_many_there_are(kind, there, words, tmp_path):
    path = WRITERS[kind](tmp_path)
    refused(
        rf"sources: take = {there + 1}: only {there} are there in {path}{words}; lower it", kind, path, take=there + 1
    )
    assert len(drawn(kind, path, take=there)) == there


def test_more_than_an_area_has_names_the_area(tmp_path):
    refused(
        "only 1 are there in .* with area 'shore'",
        "social_chemistry",
        WRITERS["social_chemistry"](tmp_path),
        take=2,
        area="shore",
    )


VALUES = {
    "goal of one": (
        "sotopia",
        {"agent_goals": ["Row."]},
        r"row 2, column agent_goals = .*allowed: a list of two texts",
    ),
    "goal of none": (
        "sotopia",
        {"agent_goals": None},
        r"row 2, column agent_goals = None; allowed: a list of two texts",
    ),
    "goals in one text": (
        "sotopia",
        {"agent_goals": "Row."},
        r"row 2, column agent_goals = 'Row.'; allowed: a list of two",
    ),
    "relation that is no code": (
        "sotopia",
        {"relationship": 6},
        r"row 2, column relationship = 6; allowed: a code from",
    ),
    "relation in words": (
        "sotopia",
        {"relationship": "friend"},
        r"row 2, column relationship = 'friend'; allowed: a code from 0 to 5",
    ),
    "relation that is true": ("sotopia", {"relationship": True}, r"column relationship = True; allowed: a code"),
    "rule that is bad by a word": (
        "social_chemistry",
        {"rot-bad": "yes"},
        r"row 3, column rot-bad = 'yes'; allowed: 0",
    ),
    "agreement off its scale": (
        "social_chemistry",
        {"rot-agree": "5"},
        r"row 3, column rot-agree = '5'; allowed: 0 to 4",
    ),
    "country in numbers": ("culture_atlas", {"Country": 7}, r"row 2, column Country = 7; allowed: a text"),
    "norm that is a number": ("normbank", {"norm": "2"}, r"row 3, column norm = '2'; allowed: a word such as expected"),
}
ROWS = {"sotopia": ENVIRONMENTS, "social_chemistry": CHEMISTRY, "culture_atlas": ATLAS, "normbank": NORMBANK}


@pytest.mark.parametrize(("kind", "change", "match"), VALUES.values(), ids=VALUES.keys())
def test_value_that_is_not_allowed_is_told_with_its_row(kind, change, match, tmp_path):
    rows = [ROWS[kind][0], ROWS[kind][1] | change, *ROWS[kind][2:]]
    path = (table if kind in ("social_chemistry", "normbank") else lines)(tmp_path / "x", rows)
    refused(match, kind, path)


def test_agents_are_checked(tmp_path):
    path = WRITERS["sotopia"](tmp_path)
    agents = lines(tmp_path / "agents.jsonl", [AGENTS[0], AGENTS[1] | {"age": 400}])
    refused(r"agents\.jsonl: row 2, column age = 400; allowed: years up to 120", "sotopia", path, agents=agents)
    agents = lines(tmp_path / "agents.jsonl", AGENTS[:1])
    refused(r"agents\.jsonl: 1 agents; at least two are needed", "sotopia", path, agents=agents)


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (
            '{"Country": "x", "SubCountry": "", "NormCanonical": "y"}\n{"Country"',
            r"row 2 is no JSON object: .*JSON Lines or",
        ),
        ("Country: x", r"row 1 is no JSON object: 'Country: x'"),
        ("[1]", r"row 1 is no JSON object: 1"),
        ('[{"Country": "x"}', r"begins as a JSON list and is none"),
        ("", r"column Country is missing; needed: Country, SubCountry, NormCanonical; there: $"),
    ],
)
def test_broken_json_is_told_by_its_row(content, match, tmp_path):
    (tmp_path / "x.jsonl").write_text(content)
    refused(rf"x\.jsonl: {match}", "culture_atlas", tmp_path / "x.jsonl")


@pytest.mark.parametrize("content", [b"", b"setting,behavior,constraints,norm\na,b,c,d,e,f\n", b"setting\xff\xfe\n"])
def test_broken_table_is_told(content, tmp_path):
    (tmp_path / "x.csv").write_bytes(content)
    refused(r"x\.csv: cannot be read as NormBank: ", "normbank", tmp_path / "x.csv")


# What the author is asked.


def asked(scripted, rows=(), total=None, **changed):
    values = {"seeds": 44, "norms": 44, "per_norm": 4, "attempts": 2, "sampling": Sampling(), "seed": 1} | changed
    shipped = [load_sources(FOLDER / f"{name}s.jsonl", f"{name}_id")[:44] for name in ("seed", "norm")]
    engine = scripted(lambda request: SCENE)
    settings, rng = ScenarioSettings(**values), np.random.default_rng(1)
    return adapt(*shipped, UTOPIA, "utopia", "gpt4", engine, settings, rng, rows, total), engine.asked


def test_what_is_asked_of_our_own_seeds_and_norms_is_unchanged(scripted):
    """Journals of finished studies hold replies to exactly these requests."""
    _, requests = asked(scripted)
    text = json.dumps([[list(request.messages), request.seed] for request in requests], ensure_ascii=False)
    assert len(requests) == 220
    assert hashlib.sha256(text.encode()).hexdigest() == PINNED


def test_drawn_items_come_after_ours_and_change_nothing_of_them(scripted, tmp_path):
    items = [item for kind, write in WRITERS.items() for item in drawn(kind, write(tmp_path), take=2)]
    frame, requests = asked(scripted, items, seeds=2, norms=1, per_norm=2)
    ours, ours_requests = asked(scripted, seeds=2, norms=1, per_norm=2)
    assert requests[:4] == ours_requests
    assert frame[:4].equals(ours)
    assert frame["source_id"].to_list()[4:] == [item.get("seed_id") or item["norm_id"] for item in items]
    assert frame["scenario_id"].to_list()[4:] == [f"utopia-{name}" for name in frame["source_id"].to_list()[4:]]
    assert frame["source"].to_list()[4:] == ["seed"] * 2 + ["norm"] * 8
    artifacts.write(frame, tmp_path / "adapted.jsonl", schemas.AdaptedScenario)
    for item, request in zip(items, requests[4:], strict=True):
        assert (item.get("norm") or item["setting"]) in request.messages[1]["content"]
        assert not {"null", "None", "nan"} & set(request.messages[1]["content"].split())


def test_sources_alone_are_enough(scripted, tmp_path):
    frame, _ = asked(scripted, drawn("normbank", WRITERS["normbank"](tmp_path), take=2), seeds=0, norms=0)
    assert len(frame) == 2


def test_total_keeps_the_order_and_a_lower_one_is_part_of_it(scripted):
    every, more, fewer = (asked(scripted, total=total)[0]["scenario_id"].to_list() for total in (None, 50, 20))
    assert (len(every), len(more), len(fewer)) == (220, 50, 20)
    assert more == [name for name in every if name in set(more)]
    assert set(fewer) < set(more)
    assert asked(scripted, total=999)[0]["scenario_id"].to_list() == every


def test_sizes_of_the_paper_are_reached_by_the_shipped_configuration(scripted):
    counts = {key: CONFIG["scenarios"][key] for key in ("seeds", "norms", "per_norm")}
    paper = {"china": 225, "germany": 208, "uk": 193, "mexico": 221, "japan": 209}
    assert CONFIG["scenarios"]["total"] == paper
    for total in paper.values():
        frame, _ = asked(scripted, total=total, **counts)
        assert len(frame) == total
        assert frame["source"].value_counts().filter(pl.col("source") == "seed")["count"].item() > 0


# The configuration.

CONFIGS = {
    "file": (
        [{"path": "nowhere.csv"}],
        r"scenarios\.sources\.0\.path = 'nowhere.csv': no such file; give your own copy",
    ),
    "agents' file": (
        [{"kind": "sotopia", "agents": "nobody"}],
        r"scenarios\.sources\.0\.agents = 'nobody': no such file",
    ),
    "agents of another": ([{"agents": "a.csv"}], r"sources\.0\.agents: normbank has no agents; allowed: with sotopia"),
    "kind": ([{"kind": "normbnk"}], r"sources\.0\.kind = 'normbnk'; did you mean 'normbank'\? allowed: sotopia, "),
    "key": ([{"areas": "x"}], r"sources\.0\.areas is not a key; did you mean 'area'\? allowed: kind, path, take"),
    "take": ([{"take": 0}], r"sources\.0\.take = 0 must be at least 1"),
    "names": ([{"names": {"utopa": ["x"]}}], r"sources\.0\.names = 'utopa' is not under `cultures`"),
    "same file twice": (
        [{}, {"area": "x"}],
        r"sources\.1 may draw what scenarios\.sources\.0 draws \(normbank, a\.csv\)",
    ),
    "same area twice": ([{"area": "x"}, {"area": "x"}], r"sources\.1 may draw what scenarios\.sources\.0 draws"),
    "same name elsewhere": ([{}, {"path": "b/a.csv"}], r"sources\.1 may draw .*; name it once with a larger take"),
}


@pytest.fixture
def checked(tmp_path, monkeypatch):
    (tmp_path / "b").mkdir()
    for name in ("a.csv", "b/a.csv", "c.csv"):
        (tmp_path / name).touch()
    (tmp_path / "config").symlink_to(ROOT / "config")
    monkeypatch.chdir(tmp_path)

    def run(sources, **more):
        rows = [{"kind": "normbank", "path": "a.csv", "take": 1} | source for source in sources]
        check(CONFIG | {"scenarios": CONFIG["scenarios"] | {"sources": rows} | more}, SCHEMA)

    return run


@pytest.mark.parametrize(("sources", "match"), CONFIGS.values(), ids=CONFIGS.keys())
def test_mistake_in_the_configuration_is_told(sources, match, checked):
    with pytest.raises(InputError, match=match):
        checked(sources)


def test_areas_files_and_kinds_of_their_own_pass(checked):
    others = [{"area": "y"}, {"path": "c.csv"}, {"kind": "culturebank", "names": {"uk": ["Briton"]}}]
    checked([{"area": "x"}, *others], seeds=0, norms=0)


def test_total_of_an_unknown_culture_is_told(checked):
    with pytest.raises(
        InputError, match=r"config: scenarios\.total = 'jpan' is not under `cultures`; did you mean 'japan'"
    ):
        checked([], total={"jpan": 3})
