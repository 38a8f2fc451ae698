"""A method's made-up answers, arranged as the scorecard has them."""

from pathlib import Path

import numpy as np

from clca.survey.respondents import marginals
from clca.survey.scorecard import Cells

ROOT = Path(__file__).parents[2]


def method(personas: int, seed: int) -> tuple[Cells, dict[str, np.ndarray]]:
    """So many personas' answers to all items, and a culture's shares by item."""
    rng = np.random.default_rng(seed)
    human = dict(marginals(ROOT / "workflow/resources/wvs7_marginals.csv", "japan"))
    chosen = [np.eye(len(share) + 1)[rng.integers(len(share), size=personas)] for share in human.values()]
    expected = [rng.dirichlet(np.ones(len(share)), personas) for share in human.values()]
    right = rng.integers(2, size=(personas, len(human))).astype(np.float64)
    return Cells(chosen, expected, right, right, np.ones_like(right), np.ones(len(human)), single=False), human
