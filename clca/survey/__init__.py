"""The survey: its questions, who answers them, what they answer, and how close that comes to the culture.

`score` says how close some answers come; `examples/scorecard.py` shows it at work.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from clca import lazy

if TYPE_CHECKING:
    import polars as pl

    from clca.survey.scoring import Scores

SHIPPED_MARGINALS = "workflow/resources/wvs7_marginals.csv"
"""Where the published shares lie that come with the workflow."""

__getattr__, __dir__ = lazy.modules(globals())


def score(
    answers: "pl.DataFrame",
    reference: "Mapping[str, Any] | pl.DataFrame",
    respondents: "pl.DataFrame | None" = None,
    of: Literal["choices", "expected"] | None = None,
) -> "Scores":
    """How far answers are from people's, by item and on the whole; lower is closer, but for accuracy.

    The numbers are those of a scorecard, without its intervals and tests. The distances are `clca.survey.metrics`:
    `kl_paper` and `kl` in nats, `jsd` in square roots of nats, `emd` as a share of the scale.

    Args:
        answers: `Answer` rows of one method or several, as `clca.read` returns them; all items of each persona.
        reference: The people: shares of options by item, shape (k,) each, as `clca.survey.respondents.marginals`
            returns them; or `Respondent` rows, whose shares are counted without weights. Items that only one side has
            are left out.
        respondents: `Respondent` rows that the accuracy is of; without, those of `reference`, or there is none.
        of: What is compared: `choices`, the options chosen, or `expected`, the mean of the options' probabilities.
            Without it, as the scorecard's table has it: choices, but of a single prompt for all personas what is
            expected.

    Returns:
        Frames `headline`, a row a method, and `items`, a row a method and item.

    Raises:
        InputError: An answer is missing, is there twice, is not of its item's options, or has no probabilities and they
            are asked for; no item is on both sides; a persona is not among the respondents.
    """
    from clca.survey import scoring

    return scoring.score(answers, reference, respondents, of)
