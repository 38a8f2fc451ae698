"""A respondent whose every cell is told apart: who they are is told in their own prompts alone, what they said nowhere.

Files that differ in nothing but what they said give the same personas, and every prompt is the same to the letter.
"""

from pathlib import Path

import marked
import numpy as np
import pytest
import survey_files as files

from clca import artifacts
from clca.schemas import Persona, Respondent
from clca.survey.answers import anthropological_answers, cultural_answers, persona_answers
from clca.survey.columns import ITEMS
from clca.survey.personas import draw
from clca.survey.questionnaire import load
from clca.survey.summary import Summary, from_file

QUESTIONNAIRES = {path.stem: load(path) for path in Path(__file__).parents[3].glob("config/questionnaire/*.yaml")}
FORMATS = {
    "cross-national": lambda rows, folder: files.cross_national(rows, folder / "survey.csv"),
    "codes": lambda rows, folder: files.country_codes(rows, folder / "survey.csv"),
    "labels": lambda rows, folder: files.country_labels(rows, folder / "survey.csv"),
    "pair": lambda rows, folder: files.worldvaluesbench(rows, folder / "pair"),
}
PEOPLE, AT = files.people("JPN", 12), 7
ID = f"japan-{AT + 2:05d}"
UNANSWERED = dict.fromkeys(ITEMS, -2)
FORMS = ("constrained", "free_text", "reversed")


def surveyed(folder, changed=marked.ANSWERS, write=FORMATS["cross-national"]):
    """Respondents and summary of a file in which one is marked."""
    folder.mkdir()
    return from_file(write(marked.mark(PEOPLE, AT, changed), folder), "japan", ["JPN"], "none")


def everybody(respondents):
    return draw(respondents, len(respondents), np.random.default_rng(42))


def asked(scripted, personas, questionnaire):
    """All that a model is asked of these personas, by any method in any form: whom it plays, and the messages."""
    found = []
    for form in FORMS:
        for person in personas.partition_by("respondent"):
            engine = scripted(lambda request: "2")
            persona_answers("persona", person, "Japan", questionnaire, engine, form)
            anthropological_answers(person, "Japan", "Japanese", questionnaire, engine, form)
            found += [(person["respondent"][0], request.messages) for request in engine.asked]
        engine = scripted(lambda request: "2")
        cultural_answers("Japan", "Japanese", questionnaire, engine, form)
        found += [(None, request.messages) for request in engine.asked]
    return found


@pytest.mark.parametrize("write", FORMATS.values(), ids=FORMATS)
def test_no_format_lets_through_what_identifies_a_respondent(write, tmp_path):
    respondents, about = surveyed(tmp_path / "survey", write=write)
    (own,) = respondents.filter(respondents["respondent"] == ID).to_dicts()
    assert {name: own[name] for name in marked.FIELDS} == marked.FIELDS
    assert {name: own[name] for name in ITEMS} == marked.ANSWERS
    artifacts.write(everybody(respondents), tmp_path / "out/personas.parquet", Persona)
    artifacts.write_record(about, tmp_path / "out/summary.json", Summary)
    assert marked.holders(tmp_path / "out", [*marked.IDENTIFIERS, *marked.listed(marked.ANSWERS)]) == []
    assert marked.holders(tmp_path / "out", marked.listed(marked.FIELDS)) == ["personas.parquet"]
    # The search finds what there is: weight and answers, where they are kept.
    artifacts.write(respondents, tmp_path / "kept/respondents.parquet", Respondent)
    weight = [] if write is FORMATS["pair"] else [str(marked.WEIGHT)]
    for traces in (weight, marked.listed(marked.ANSWERS)):
        assert marked.holders(tmp_path / "kept", traces) == (["respondents.parquet"] if traces else [])
    assert marked.holders(tmp_path / "kept", [marked.MARK, str(marked.NUMBER)]) == []


@pytest.mark.parametrize("language", QUESTIONNAIRES)
def test_demographics_are_told_in_the_prompts_of_that_persona_alone(language, scripted, tmp_path):
    questionnaire = QUESTIONNAIRES[language]
    respondents, _ = surveyed(tmp_path / "survey")
    prompts = asked(scripted, everybody(respondents), questionnaire)
    for sentence in marked.sentences(questionnaire).values():
        told = [whom for whom, messages in prompts if sentence in messages[0]["content"]]
        assert set(told) == {ID}
        assert len(told) == sum(whom == ID for whom, _ in prompts)
        assert not any(sentence in message["content"] for _, messages in prompts for message in messages[1:])
    told = "\n".join(message["content"] for _, messages in prompts for message in messages)
    for trace in (*marked.IDENTIFIERS, str(marked.AGE), *marked.listed(marked.FIELDS), *marked.listed(marked.ANSWERS)):
        assert trace not in told


@pytest.mark.parametrize("answers", [marked.OTHERWISE, UNANSWERED], ids=["others", "none"])
def test_answers_change_no_persona_and_no_prompt(answers, scripted, tmp_path):
    (first, about), (other, changed) = surveyed(tmp_path / "a"), surveyed(tmp_path / "b", answers)
    assert not first.equals(other)
    files = [tmp_path / f"{name}.parquet" for name in "ab"]
    for respondents, file in zip((first, other), files, strict=True):
        artifacts.write(everybody(respondents), file, Persona)
    assert files[0].read_bytes() == files[1].read_bytes()
    english = QUESTIONNAIRES["en"]
    assert asked(scripted, everybody(first), english) == asked(scripted, everybody(other), english)
    differing = {name for name in about if about[name] != changed[name]}
    assert differing == {"sha256"} | ({"valid"} if answers is UNANSWERED else set())


def test_demographics_change_no_prompt_of_another_persona(scripted, tmp_path):
    (first, _), (other, _) = surveyed(tmp_path / "a"), surveyed(tmp_path / "b", dict.fromkeys(marked.FIELDS, 1))
    english = QUESTIONNAIRES["en"]
    before, after = (asked(scripted, everybody(respondents), english) for respondents in (first, other))
    assert {whom for (whom, was), (_, now) in zip(before, after, strict=True) if was != now} == {ID}
