"""The scorecard's file: read what it is made of, score it, write it; volatile facts go beside it."""

import hashlib
import platform
import time
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from clca import artifacts, schemas
from clca.models import weights_hash
from clca.survey import respondents as people
from clca.survey.metrics import METRICS
from clca.survey.scorecard import (
    Resampler,
    cells,
    comparisons,
    item_scores,
    method_card,
    own_options,
    rounded,
)
from clca.survey.yardsticks import yardsticks

METHODS = ("persona", "cultural", "clca")


def build(
    given: Mapping[str, str], output: Mapping[str, str], params: Mapping[str, Any], names: Mapping[str, str]
) -> None:
    """Score the headline methods of a model and culture.

    Args:
        given: Paths of `respondents`, `personas`, `marginals`, `shipped` (marginals of the yardstick's other cultures),
            `model`, `adapter` and the answers of each method.
        output: Paths of `card`, `item_scores` and `meta`.
        params: `countries`, `others`, `replicates`, `permutations`, `seed`, `adapter_seed` and `code`.
        names: `model` and `culture`.
    """
    started = time.time()
    culture = names["culture"]
    human = people.marginals(given["marginals"], culture)
    others = [people.marginals(given["shipped"], other) for other in params["others"]]
    respondents = artifacts.read(given["respondents"], schemas.Respondent)
    personas = artifacts.read(given["personas"], schemas.Persona)
    own, ids = own_options(respondents, personas), personas["respondent"].to_list()
    methods = {name: cells(artifacts.read(given[name], schemas.Answer), human, own, ids) for name in METHODS}
    # A stream of its own for each use, so that none shifts another's draws.
    draws, swaps, sample = np.random.default_rng(params["seed"]).spawn(3)
    resampler = Resampler(len(personas), params["replicates"], draws)
    card = {
        "model": names["model"],
        "culture": culture,
        "language": "en",
        "form": "constrained",
        "items": len(schemas.ITEMS),
        "personas": len(personas),
        "seed": params["seed"],
        "reference": {
            "source": "published marginals of World Values Survey wave 7",
            "countries": list(params["countries"]),
            "synthetic_respondents": bool(respondents["synthetic"].any()),
            "respondents": len(respondents),
            "sha256": hashlib.sha256(Path(given["marginals"]).read_bytes()).hexdigest(),
        },
        "methods": {name: method_card(method, human, resampler) for name, method in methods.items()},
        "comparisons": comparisons(methods, human, resampler, params["permutations"], swaps),
        "yardsticks": rounded(yardsticks(human, others, own, sample)),
        "provenance": {
            "model_revision": artifacts.read_json(given["model"])["revision"],
            "adapter": weights_hash(Path(given["adapter"]).parent),
            "code": params["code"],
            "seeds": {"study": params["seed"], "adapter": params["adapter_seed"]},
        },
    }
    artifacts.write(item_scores(methods, human), output["item_scores"], schemas.ItemScore)
    artifacts.write_json(_volatile(started), output["meta"])
    artifacts.write_json(card, output["card"])


def table(card: Mapping[str, Any]) -> str:
    """The scorecard for people: methods with intervals, yardsticks below."""
    columns = (*METRICS, "accuracy")
    lines = [
        f"{card['model']} against {card['culture']}: {card['personas']} personas x {card['items']} items"
        + (", synthetic respondents" if card["reference"]["synthetic_respondents"] else ""),
        "",
        f"{'':18}" + "".join(f"{name:>22}" for name in columns) + f"{'option mass':>13}",
    ]
    for name, method in card["methods"].items():
        values = "".join(f"{_cell(method[column]):>22}" for column in columns)
        lines.append(f"{name:18}{values}{method['option_mass']:>13.3f}")
    lines.append("yardsticks")
    for name, values in card["yardsticks"].items():
        lines.append(f"  {name:16}" + "".join(f"{values[column]:>22.3f}" for column in columns))
    lines += ["", "Lower is closer, but for accuracy; [95% interval]. kl_paper is the paper's and is not 0 when right."]
    return "\n".join(lines)


def _cell(value: Mapping[str, float | None]) -> str:
    if value["value"] is None:
        return "-"
    if value["low"] is None:
        return f"{value['value']:.3f}"
    return f"{value['value']:.3f} [{value['low']:.3f} {value['high']:.3f}]"


def _volatile(started: float) -> dict[str, Any]:
    packages = ("numpy", "polars", "scipy", "torch", "transformers", "trl", "peft", "snakemake")
    return {
        "machine": platform.machine(),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in packages},
        "written": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "seconds": round(time.time() - started, 3),
    }
