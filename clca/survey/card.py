"""The scorecard's file: read what it is made of, score it, write it; volatile facts go beside it."""

import platform
import time
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

from clca import artifacts, schemas
from clca.models import weights_hash
from clca.survey import respondents as people
from clca.survey.evidence import read
from clca.survey.metrics import METRICS
from clca.survey.scorecard import Resampler, comparisons, item_scores, method_card, rounded
from clca.survey.yardsticks import yardsticks

METHODS = ("persona", "cultural", "clca")
"""The headline methods: those of a scorecard that names no others."""

NOTES = (
    "Lower is closer, but for accuracy; [95% interval]. kl_paper is the paper's and is not 0 when right.",
    "(expected): of option probabilities instead of choices; all that one prompt for all personas can be held to.",
)
"""What a reader of a scorecard must know."""


class _Record(BaseModel):
    """Part of a JSON artifact: no key more, none less, no NaN."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Value(_Record):
    """A measured number with its 95% interval; null where there is none to give."""

    value: FiniteFloat | None
    low: FiniteFloat | None
    high: FiniteFloat | None


class Expected(_Record):
    """The measures of the mean option probabilities."""

    kl_paper: Value
    kl: Value
    jsd: Value
    emd: Value
    accuracy: Value
    accuracy_answered: Value


class Method(Expected):
    """The measures of a method's choices, and of its probabilities under `expected`."""

    invalid_rate: FiniteFloat = Field(ge=0, le=1)
    option_mass: FiniteFloat = Field(ge=0, le=1.0001)
    expected: Expected


class Comparison(_Record):
    """Method a minus method b in one metric; `of` says whether choices or expected shares are compared."""

    a: str
    b: str
    metric: str
    of: Literal["choices", "expected"]
    difference: Value
    p_value: FiniteFloat = Field(gt=0, le=1)
    p_holm: FiniteFloat = Field(gt=0, le=1)


class Yardstick(_Record):
    """What a predictor scores that knows no model."""

    kl_paper: FiniteFloat
    kl: FiniteFloat
    jsd: FiniteFloat
    emd: FiniteFloat
    accuracy: FiniteFloat
    accuracy_answered: FiniteFloat | None


class Reference(_Record):
    """The people that a model is compared with; items they were not asked are left out of every mean."""

    source: str
    countries: list[str]
    weights: Literal["none", "W_WEIGHT"]
    synthetic_respondents: bool
    respondents: int
    not_asked: list[str]
    sha256: str


class Provenance(_Record):
    """What the numbers were made with; `adapter` is null, and `seeds` has none, where no method is an adapter's."""

    model_revision: str
    adapter: str | None
    code: str
    seeds: dict[str, int]


class Scorecard(_Record):
    """`wvs.json`: one model against one culture. Keys are written in this order."""

    model: str
    culture: str
    language: str
    form: str
    items: int
    personas: int
    seed: int
    reference: Reference
    methods: dict[str, Method]
    comparisons: list[Comparison]
    yardsticks: dict[str, Yardstick]
    provenance: Provenance


def build(
    given: Mapping[str, Any], output: Mapping[str, str], params: Mapping[str, Any], names: Mapping[str, str]
) -> None:
    """Score methods of a model and culture: the headline ones, or any list of others.

    Args:
        given: Paths of `respondents`, their `summary`, `personas`, `marginals` (what synthetic respondents were drawn
            from), `shipped` (marginals of the yardstick's other cultures), `model`, `adapter` (none where no method has
            one) and the answers of each headline method; with a list of methods `answers`, their paths in its order.
        output: Paths of `card`, `item_scores` and `meta`.
        params: `weights` (none or W_WEIGHT), `language`, `countries`, `others`, `replicates`, `permutations`, `seed`,
            `adapter_seed` (where there is an adapter) and `code`; where they are not all, `methods` and how many of the
            `personas`, the first, are scored, and the method, `reference`, that each other is compared with.
        names: `model` and `culture`.

    Raises:
        InputError: An input is missing or broken, or weights are asked for that the respondents do not have.
    """
    started = time.time()
    culture = names["culture"]
    evidence = read(given, culture, params["weights"], params.get("personas"))
    human, about = evidence.human, evidence.about
    others = [people.marginals(given["shipped"], other) for other in params["others"]]
    methods = evidence.cells(_answers(given, params))
    # A stream of its own for each use, so that none shifts another's draws.
    draws, swaps, sample = np.random.default_rng(params["seed"]).spawn(3)
    personas = len(evidence.personas)
    resampler = Resampler(personas, params["replicates"], draws, len(human), evidence.people, human)
    reference = params.get("reference")
    card = {
        "model": names["model"],
        "culture": culture,
        "language": params["language"],
        "form": "constrained",
        "items": len(human),
        "personas": personas,
        "seed": params["seed"],
        "reference": {
            "source": about["source"],
            "countries": list(params["countries"]),
            "weights": params["weights"],
            "synthetic_respondents": about["synthetic"],
            "respondents": evidence.respondents,
            "not_asked": about["not_asked"],
            "sha256": about["sha256"],
        },
        "methods": {name: method_card(method, human, resampler) for name, method in methods.items()},
        "comparisons": comparisons(methods, human, resampler, params["permutations"], swaps, reference),
        "yardsticks": rounded(yardsticks(human, others, evidence.own, sample)),
        "provenance": {
            "model_revision": artifacts.read_json(given["model"])["revision"],
            "adapter": weights_hash(Path(given["adapter"]).parent) if "adapter" in given else None,
            "code": params["code"],
            "seeds": {"study": params["seed"]} | ({"adapter": params["adapter_seed"]} if "adapter" in given else {}),
        },
    }
    artifacts.write(item_scores(methods, human), output["item_scores"], schemas.ItemScore)
    artifacts.write_json(_volatile(started), output["meta"])
    artifacts.write_record(card, output["card"], Scorecard)


def shown(card: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """What a scorecard shows of its methods, by label: values with intervals, and `option_mass`.

    A method of one prompt has no people whose choices could be counted. What is expected of its probabilities compares
    with what is expected of the others', never with their choices: then all are shown both ways.
    """
    methods = card["methods"]
    single = {name for name, method in methods.items() if method["jsd"]["low"] is None}
    rows = {name: method for name, method in methods.items() if name not in single}
    if single:
        rows |= {
            f"{name} (expected)": {**method["expected"], "option_mass": method["option_mass"]}
            for name, method in methods.items()
        }
    return rows


def table(card: Mapping[str, Any]) -> str:
    """The scorecard for people: methods with intervals, yardsticks below."""
    columns = (*METRICS, "accuracy")
    rows = shown(card)
    width = max([18, *(len(name) + 2 for name in rows)])
    lines = [
        f"{card['model']} against {card['culture']}: {card['personas']} personas x {card['items']} items"
        + (", synthetic respondents" if card["reference"]["synthetic_respondents"] else "")
        + (", weighted" if card["reference"]["weights"] != "none" else ""),
        "",
        f"{'':{width}}" + "".join(f"{name:>22}" for name in columns) + f"{'option mass':>13}",
    ]
    for name, method in rows.items():
        values = "".join(f"{number(**method[column]):>22}" for column in columns)
        lines.append(f"{name:{width}}{values}{method['option_mass']:>13.3f}")
    lines.append("yardsticks")
    for name, values in card["yardsticks"].items():
        lines.append(f"  {name:{width - 2}}" + "".join(f"{values[column]:>22.3f}" for column in columns))
    if card["reference"]["not_asked"]:
        lines += ["", f"Not asked there and left out: {', '.join(card['reference']['not_asked'])}."]
    return "\n".join([*lines, "", *NOTES])


def number(value: float | None, low: float | None = None, high: float | None = None) -> str:
    """A number of a scorecard for people, with its interval where it has one."""
    if value is None:
        return "-"
    return f"{value:.3f}" if low is None else f"{value:.3f} [{low:.3f} {high:.3f}]"


def _answers(given: Mapping[str, Any], params: Mapping[str, Any]) -> dict[str, str]:
    """Paths of the methods' answers by the methods' names."""
    if "methods" in params:
        return dict(zip(params["methods"], given["answers"], strict=True))
    return {name: given[name] for name in METHODS}


def _volatile(started: float) -> dict[str, Any]:
    packages = ("numpy", "polars", "scipy", "torch", "transformers", "trl", "peft", "snakemake")
    return {
        "machine": platform.machine(),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in packages},
        "written": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "seconds": round(time.time() - started, 3),
    }
