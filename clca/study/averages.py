"""Means over cultures of one model's methods: made of all cultures' answers, kept as tables beside the scorecards."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from clca import artifacts, schemas
from clca.study.statistics import Sample, gathered, over_cultures
from clca.study.tables import REFERENCE
from clca.survey import evidence


def build(given: Mapping[str, Any], output: Mapping[str, str], params: Mapping[str, Any], model: str) -> None:
    """Summarise methods over cultures.

    Args:
        given: `respondents`, their `summary` and `personas`: a path a culture; `answers`: paths culture by culture,
            of all methods in their order.
        output: Paths of `scores` and `contrasts`.
        params: `cultures` and their `marginals` (null where nobody stands in for people), `methods`, `language` (en or
            own), `weights`, `personas` (how many, the first; null for all), `replicates`, `permutations`, `seed`.
        model: Whose answers they are.

    Raises:
        InputError: As for `evidence.read`; answers are missing.
    """
    cultures, methods = params["cultures"], params["methods"]
    found = [
        evidence.read(paths, culture, params["weights"], params["personas"])
        for culture, paths in zip(cultures, by_culture(given, params), strict=True)
    ]
    samples = {}
    for index, (culture, one) in enumerate(zip(cultures, found, strict=True)):
        answers = given["answers"][index * len(methods) : (index + 1) * len(methods)]
        samples[culture] = Sample(one.cells(dict(zip(methods, answers, strict=True))), one.human, one.people)
    rng = np.random.default_rng(params["seed"])
    summary = over_cultures(samples, params["replicates"], params["permutations"], rng, REFERENCE)
    personas, synthetic = min(len(one.personas) for one in found), any(one.about["synthetic"] for one in found)
    rows = gathered(summary, model, params["language"], personas, synthetic)
    artifacts.write(rows.scores, output["scores"], schemas.Score)
    artifacts.write(rows.contrasts, output["contrasts"], schemas.Contrast)


def by_culture(given: Mapping[str, Any], params: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Paths of each culture's people, as `evidence.read` takes them."""
    columns = [given["respondents"], given["summary"], given.get("personas", given["summary"]), params["marginals"]]
    names = ("respondents", "summary", "personas", "marginals")
    return [dict(zip(names, paths, strict=True)) for paths in zip(*columns, strict=True)]
