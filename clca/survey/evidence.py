"""What a scorecard is made of: a culture's people, the personas among them, and methods' answers as cells."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from clca import artifacts, schemas
from clca.survey import respondents as people
from clca.survey import summary as summaries
from clca.survey.metrics import Array
from clca.survey.scorecard import Cells, cells, options_of, own_options
from clca.survey.yardsticks import Shares


class Evidence(NamedTuple):
    """What answers of a culture's personas are scored against.

    Attributes:
        about: The respondents' `Summary`.
        respondents: How many they are.
        human: Their shares of options by item that they were asked.
        personas: Ids of the respondents that are played.
        own: Their own options, 0 where missing; shape (personas, items).
        people: All respondents' options, shape (respondents, items), and weights, shape (respondents,); None where they
            only stand in for published shares.
    """

    about: dict[str, Any]
    respondents: int
    human: Shares
    personas: list[str]
    own: NDArray[np.int64]
    people: tuple[NDArray[np.int64], Array] | None

    def cells(self, paths: Mapping[str, str]) -> dict[str, Cells]:
        """The answers of methods, given by their paths, arranged for scoring."""
        return {
            name: cells(artifacts.read(path, schemas.Answer), self.human, self.own, self.personas)
            for name, path in paths.items()
        }


def human_shares(respondents: str, summary: str, marginals: str | None, culture: str, weights: str) -> Shares:
    """A culture's shares of options: counted from real respondents' rows, else those that were published.

    Raises:
        InputError: An input is missing or broken.
    """
    about = artifacts.read_record(summary, summaries.Summary)
    if about["synthetic"]:
        return people.marginals(str(marginals), culture)
    return summaries.shares(artifacts.read(respondents, schemas.Respondent), weights != "none")


def read(given: Mapping[str, Any], culture: str, weights: str, first: int | None = None) -> Evidence:
    """Read what answers are scored against.

    Args:
        given: Paths of `respondents`, their `summary`, `personas`, and `marginals` (what synthetic respondents were
            drawn from).
        culture: Its name.
        weights: none, or W_WEIGHT.
        first: How many personas count, the first; None for all.

    Raises:
        InputError: An input is missing or broken, or weights are asked for that the respondents do not have.
    """
    respondents = artifacts.read(given["respondents"], schemas.Respondent)
    about = artifacts.read_record(given["summary"], summaries.Summary)
    weighted = weights != "none"
    summaries.check_weights(weights, about["weighted"], about["source"])
    # Real respondents' shares are counted from their rows; synthetic ones only stand in for the published shares.
    real = None if about["synthetic"] else summaries.shares(respondents, weighted)
    human = people.marginals(given["marginals"], culture) if real is None else real
    rows = None if real is None else (options_of(respondents, human), summaries.weights_of(respondents, weighted))
    personas = artifacts.read(given["personas"], schemas.Persona)[:first]
    ids = personas["respondent"].to_list()
    return Evidence(about, len(respondents), human, ids, own_options(respondents, personas, human), rows)
