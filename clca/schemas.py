"""Every table of the study, one pandera model an artifact: this file is the description of the data.

Tables are flat. JSON Lines where people read them, Parquet where only programs do; `clca.artifacts` picks by suffix
and validates each table when it is written and when it is read. Columns come in the order given here.
"""

from typing import Any

import pandera.polars as pa
import polars as pl

from clca.survey.columns import ITEMS

PROFILE = ("name", "age", "gender", "occupation", "background", "goal", "secret")
"""What is known of each of the two people in a scenario; goal and secret are private."""

SIDES = ("a", "b")
CONFIDENCES = ("very confident", "confident", "not sure")
MAX_TURNS = 20

_TEXT: Any = {"str_length": {"min_value": 1}}


class Table(pa.DataFrameModel):
    """What all tables share: no column more, none less, in this order, of these types."""

    class Config:
        """Settings of pandera."""

        strict = True
        ordered = True

    @classmethod
    def dtypes(cls) -> dict[str, Any]:
        """The polars type of every column, in order."""
        return {name: column.dtype.type for name, column in cls.to_schema().columns.items()}


class AdaptedScenario(Table):
    """One row a scenario that the author adapted to a culture (`seed`) or wrote for one of its norms (`norm`).

    `source_id` is the id of our seed or norm, or, of one drawn from a corpus, its kind, file and row. Scenarios without
    social goals, in which people only talk about a `fact` or `concept`, have the same columns; it is their `topic`.
    """

    culture: str
    scenario_id: str = pa.Field(unique=True, **_TEXT)
    source: str = pa.Field(isin=["seed", "norm", "fact", "concept"])
    source_id: str = pa.Field(**_TEXT)
    author: str = pa.Field(**_TEXT)
    topic: str = pa.Field(**_TEXT)
    setting: str = pa.Field(**_TEXT)
    relationship: str = pa.Field(**_TEXT)
    a_name: str = pa.Field(**_TEXT)
    a_age: int = pa.Field(ge=1, le=120)
    a_gender: str = pa.Field(**_TEXT)
    a_occupation: str = pa.Field(**_TEXT)
    a_background: str = pa.Field(**_TEXT)
    a_goal: str = pa.Field(**_TEXT)
    a_secret: str = pa.Field(**_TEXT)
    b_name: str = pa.Field(**_TEXT)
    b_age: int = pa.Field(ge=1, le=120)
    b_gender: str = pa.Field(**_TEXT)
    b_occupation: str = pa.Field(**_TEXT)
    b_background: str = pa.Field(**_TEXT)
    b_goal: str = pa.Field(**_TEXT)
    b_secret: str = pa.Field(**_TEXT)


class Utterance(Table):
    """One row an utterance; the key is (`scenario_id`, `take`, `turn`). Also the schema of the filtered dialogues.

    `turn` counts utterances from 1, `exchange` = (turn + 1) // 2; side a speaks first, then they alternate. `ended`
    says how the dialogue ended and is the same on all its rows; after `failed` the teacher gave no valid next turn.
    """

    culture: str
    scenario_id: str = pa.Field(**_TEXT)
    take: int = pa.Field(ge=1)
    turn: int = pa.Field(ge=1, le=MAX_TURNS)
    exchange: int = pa.Field(ge=1, le=MAX_TURNS // 2)
    speaker: str = pa.Field(isin=SIDES)
    name: str = pa.Field(**_TEXT)
    action: str = pa.Field(isin=["speak", "non-verbal", "none", "leave"])
    utterance: str
    ended: str = pa.Field(isin=["leave", "limit", "failed"])


class Judgement(Table):
    """One row a dialogue: the judge's two steps. All labels are null where the judge gave no valid reply."""

    culture: str
    scenario_id: str = pa.Field(**_TEXT)
    take: int = pa.Field(ge=1)
    judge: str = pa.Field(**_TEXT)
    reasons: str = pa.Field(nullable=True)
    quality: str = pa.Field(isin=["good", "bad"], nullable=True)
    quality_confidence: str = pa.Field(isin=CONFIDENCES, nullable=True)
    adherence: str = pa.Field(isin=["aligned", "not aligned"], nullable=True)
    adherence_confidence: str = pa.Field(isin=CONFIDENCES, nullable=True)
    critique: str = pa.Field(nullable=True)
    meta: str = pa.Field(isin=["good", "bad"], nullable=True)
    meta_confidence: str = pa.Field(isin=CONFIDENCES, nullable=True)


class Dropped(Table):
    """One row a dialogue that the filter left out, and why."""

    scenario_id: str = pa.Field(**_TEXT)
    take: int = pa.Field(ge=1)
    reason: str = pa.Field(isin=["quality bad", "meta bad", "not judged", "cut off"])


class Intent(Table):
    """One row a turn of a kept dialogue; `intent` and `relation` are null where the teacher gave no valid reply."""

    culture: str
    scenario_id: str = pa.Field(**_TEXT)
    take: int = pa.Field(ge=1)
    turn: int = pa.Field(ge=1, le=MAX_TURNS)
    intent: str = pa.Field(nullable=True, **_TEXT)
    relation: str = pa.Field(isin=["generic", "cultural"], nullable=True)


class Example(Table):
    """One row a training example in chat form; `side` is whose lines the assistant speaks, null for intents.

    Controls are problems: `single_turn`, a question and its answer, or `multi_turn`, with more questions about it.
    Their `scenario_id` is the problem's, joined with a plus where one example is several problems.
    """

    example_id: str = pa.Field(unique=True, **_TEXT)
    task: str = pa.Field(isin=["perspective", "intent", "single_turn", "multi_turn"])
    scenario_id: str = pa.Field(**_TEXT)
    take: int = pa.Field(ge=1)
    side: str = pa.Field(isin=SIDES, nullable=True)
    split: str = pa.Field(isin=["train", "heldout"])
    messages: pl.List = pa.Field(dtype_kwargs={"inner": pl.Struct({"role": pl.String, "content": pl.String})})


class Problem(Table):
    """One row a problem of a control: a question and its answer, or a longer conversation about it, in chat form."""

    problem_id: str = pa.Field(unique=True, **_TEXT)
    messages: pl.List = pa.Field(dtype_kwargs={"inner": pl.Struct({"role": pl.String, "content": pl.String})})


def _code() -> Any:
    """A survey code; null where the respondent gave no valid answer or was not asked."""
    return pa.Field(ge=0, nullable=True)


class Persona(Table):
    """One row a respondent who is played: who they are (WVS codes), never what they answered."""

    respondent: str = pa.Field(unique=True, **_TEXT)
    culture: str
    country: str = pa.Field(**_TEXT)
    H_SETTLEMENT: int = _code()
    H_URBRURAL: int = _code()
    Q260: int = _code()
    X003R: int = _code()
    Q263: int = _code()
    Q273: int = _code()
    Q270: int = _code()
    Q275: int = _code()
    Q281: int = _code()
    Q279: int = _code()
    Q287: int = _code()


class Respondent(Persona):
    """One row a respondent of the survey, or a synthetic one: demographics, design weight, answers."""

    weight: float = pa.Field(gt=0)
    synthetic: bool
    Q1: int = _code()
    Q2: int = _code()
    Q3: int = _code()
    Q4: int = _code()
    Q5: int = _code()
    Q6: int = _code()
    Q7: int = _code()
    Q8: int = _code()
    Q9: int = _code()
    Q10: int = _code()
    Q11: int = _code()
    Q12: int = _code()
    Q13: int = _code()
    Q14: int = _code()
    Q15: int = _code()
    Q16: int = _code()
    Q17: int = _code()
    Q18: int = _code()
    Q19: int = _code()
    Q20: int = _code()
    Q21: int = _code()
    Q22: int = _code()
    Q23: int = _code()
    Q24: int = _code()
    Q25: int = _code()
    Q26: int = _code()
    Q27: int = _code()
    Q28: int = _code()
    Q29: int = _code()
    Q30: int = _code()
    Q31: int = _code()
    Q32: int = _code()
    Q33: int = _code()
    Q34: int = _code()
    Q35: int = _code()
    Q36: int = _code()
    Q37: int = _code()
    Q38: int = _code()
    Q39: int = _code()
    Q40: int = _code()
    Q41: int = _code()
    Q43: int = _code()
    Q44: int = _code()
    Q45: int = _code()


class Answer(Table):
    """One row a persona and item. `option` counts from 1; null means no valid option.

    `logprobs` holds the model's unconstrained natural log-probability of each of the item's k options in order, and
    `option_mass` the probability on all of them together. Both are null in the form `free_text`, where a reply is
    parsed: what was written says nothing of the other options. `cultural` has one prompt: its `respondent` is null.
    """

    method: str = pa.Field(**_TEXT)
    respondent: str = pa.Field(nullable=True, **_TEXT)
    question: str = pa.Field(isin=ITEMS)
    option: int = pa.Field(ge=1, le=5, nullable=True)
    logprobs: pl.List = pa.Field(dtype_kwargs={"inner": pl.Float64}, nullable=True)
    option_mass: float = pa.Field(ge=0, le=1.0001, nullable=True)


class ItemScore(Table):
    """One row a method and item, beside the scorecard: what its means are made of."""

    method: str = pa.Field(**_TEXT)
    question: str = pa.Field(isin=ITEMS)
    kl_paper: float = pa.Field(ge=0)
    kl: float = pa.Field(ge=0, nullable=True)
    jsd: float = pa.Field(ge=0)
    emd: float = pa.Field(ge=0)
    invalid_rate: float = pa.Field(ge=0, le=1)
    option_mass: float = pa.Field(ge=0, le=1.0001)


class FormComparison(Table):
    """One row a method and form of answer, of the same personas and items.

    `agreement` is the share of answers, valid in this form and in the first, that name the same option; null where no
    answer is valid in both. `answers_per_second` is of the job that took them, personas and culture together, without
    loading the model; null where nothing was timed.
    """

    method: str = pa.Field(**_TEXT)
    form: str = pa.Field(isin=["constrained", "free_text", "reversed"])
    answers: int = pa.Field(ge=1)
    agreement: float = pa.Field(ge=0, le=1, nullable=True)
    invalid_rate: float = pa.Field(ge=0, le=1)
    option_mass: float = pa.Field(ge=0, le=1.0001, nullable=True)
    answers_per_second: float = pa.Field(ge=0, nullable=True)


class Scored(Table):
    """What a number of the study is of. `adapter` is the culture that the method's adapter was trained for.

    `culture` is `average` in a summary over cultures. A yardstick has no model, seed or adapter.
    """

    model: str = pa.Field(nullable=True, **_TEXT)
    culture: str = pa.Field(**_TEXT)
    language: str = pa.Field(**_TEXT)
    form: str = pa.Field(**_TEXT)
    method: str = pa.Field(**_TEXT)
    seed: int = pa.Field(nullable=True)
    adapter: str = pa.Field(nullable=True, **_TEXT)
    personas: int = pa.Field(ge=1)
    metric: str = pa.Field(**_TEXT)
    of: str = pa.Field(isin=["choices", "expected"])


class Score(Scored):
    """One row a number of a scorecard, or of a summary over cultures."""

    kind: str = pa.Field(isin=["method", "yardstick"])
    synthetic: bool
    value: float = pa.Field(nullable=True)
    low: float = pa.Field(nullable=True)
    high: float = pa.Field(nullable=True)


class Contrast(Scored):
    """One row a comparison of a scorecard or a summary: `method` minus `against`; each pair stands both ways round."""

    against: str = pa.Field(**_TEXT)
    against_seed: int = pa.Field(nullable=True)
    against_adapter: str = pa.Field(nullable=True, **_TEXT)
    difference: float = pa.Field(nullable=True)
    difference_low: float = pa.Field(nullable=True)
    difference_high: float = pa.Field(nullable=True)
    p_value: float = pa.Field(gt=0, le=1)


class StudyCell(Table):
    """One row a cell of a table of the study, and what is known of it.

    `value` with its interval is that of the first seed; `seed_mean` and `seed_sd` are over all `seeds`. `difference` is
    to the method `against`, with p before and after Holm's adjustment within this table and metric. `gap` is `value`
    minus the published number. `status` is `missing` where a scorecard lacks, `undefined` where the scorecard says so.
    """

    kind: str = pa.Field(isin=["method", "yardstick"])
    model: str = pa.Field(nullable=True)
    method: str
    of: str = pa.Field(isin=["choices", "expected"])
    language: str = pa.Field(isin=["en", "own"])
    culture: str
    metric: str
    status: str = pa.Field(isin=["ok", "missing", "undefined"])
    value: float = pa.Field(nullable=True)
    low: float = pa.Field(nullable=True)
    high: float = pa.Field(nullable=True)
    seeds: int = pa.Field(ge=0)
    seed_mean: float = pa.Field(nullable=True)
    seed_sd: float = pa.Field(nullable=True)
    personas: int = pa.Field(nullable=True)
    synthetic: bool = pa.Field(nullable=True)
    against: str = pa.Field(nullable=True)
    difference: float = pa.Field(nullable=True)
    difference_low: float = pa.Field(nullable=True)
    difference_high: float = pa.Field(nullable=True)
    p_value: float = pa.Field(nullable=True)
    p_holm: float = pa.Field(nullable=True)
    published: float = pa.Field(nullable=True)
    gap: float = pa.Field(nullable=True)


class DataCell(Table):
    """One row a statistic of a culture's training data, next to the paper's Table 9 where that has it."""

    teacher: str
    corpus: str
    culture: str
    statistic: str
    status: str = pa.Field(isin=["ok", "missing", "undefined"])
    value: float = pa.Field(nullable=True)
    published: float = pa.Field(nullable=True)
    gap: float = pa.Field(nullable=True)
