"""Scorecards that hold given numbers, and cells of answers that are drawn from given shares."""

import numpy as np

from clca.study.scores import MEASURES
from clca.survey.scorecard import Cells
from clca.survey.yardsticks import DISTANCES

YARDSTICKS = ("true_marginals", "marginals_sample", "modal", "uniform", "other_cultures", "first_option")


def number(value, spread=0.01):
    return {"value": value, "low": None if value is None else value - spread, "high": value and value + spread}


def scorecard(model, culture, methods, comparisons=(), adapter_seed=42, personas=1000, language="en", **changed):
    """A `Scorecard` record.

    Args:
        model: Its name.
        culture: Its name.
        methods: By method its numbers by metric; what is not given is null, and expectations are a tenth more.
        comparisons: Tuples a, b, metric, difference, p.
        adapter_seed: None for no adapter.
        changed: Other keys of the record.
    """

    def measures(values, more=0.0):
        return {metric: number(None if metric not in values else values[metric] + more) for metric in MEASURES}

    seeds = {"study": 1} | ({} if adapter_seed is None else {"adapter": adapter_seed})
    return {
        "model": model,
        "culture": culture,
        "language": language,
        "form": "constrained",
        "items": 44,
        "personas": personas,
        "seed": 1,
        "reference": {
            "source": "survey.csv",
            "countries": [],
            "weights": "none",
            "synthetic_respondents": False,
            "respondents": 2000,
            "not_asked": [],
            "sha256": "ab" * 32,
        },
        "methods": {
            name: measures(values) | {"invalid_rate": 0.0, "option_mass": 0.5, "expected": measures(values, 0.1)}
            for name, values in methods.items()
        },
        "comparisons": [
            {"a": a, "b": b, "metric": metric, "of": "choices", "difference": number(difference)}
            | {"p_value": p, "p_holm": p}
            for a, b, metric, difference, p in comparisons
        ],
        "yardsticks": {name: dict.fromkeys(MEASURES, 0.3 + 0.01 * i) for i, name in enumerate(YARDSTICKS)},
        "provenance": {
            "model_revision": "r",
            "adapter": None if adapter_seed is None else "sha256:1",
            "code": "c",
            "seeds": seeds,
        },
    } | changed


def drawn_options(shares, personas, rng):
    """Options from 1 drawn from shares by item; shape (personas, items)."""
    return np.column_stack([rng.choice(len(one), size=personas, p=one) + 1 for one in shares.values()])


def as_cells(options, human, own=None, single=False):
    """`Cells` of options from 1, 0 where invalid, of personas or of one prompt; expectations lean towards choices."""
    own = np.ones_like(options) if own is None else own
    chosen, expected, likely = [], [], []
    for column, share in enumerate(human.values()):
        k = len(share)
        chosen.append(np.eye(k + 1)[(options[:, column] - 1) % (k + 1)])
        valid = 0.6 * chosen[-1][:, :-1]
        expected.append(valid + (1 - valid.sum(axis=1, keepdims=True)) / k)
        # A missing answer, 0, takes the cell appended last.
        padded = np.broadcast_to(np.pad(expected[-1], ((0, 0), (0, 1))), (len(own), k + 1))
        likely.append(padded[np.arange(len(own)), own[:, column] - 1])
    right = ((options == own) & (own > 0)).astype(float)
    answered = (own > 0).astype(float)
    return Cells(chosen, expected, right, np.column_stack(likely), answered, np.full(len(human), 0.5), single)


def distance(shares, human, metric):
    """Mean distance over items, one by one."""
    return float(np.mean([DISTANCES[metric](shares[item], human[item]) for item in human]))
