"""How much of an answer is its form: the same personas and items, constrained, written freely, options reversed."""

from collections.abc import Mapping

import polars as pl

from clca.schemas import FormComparison
from clca.survey.answers import compare


def form_table(method: str, answers: Mapping[str, pl.DataFrame], rates: Mapping[str, float | None]) -> pl.DataFrame:
    """Every form of a method's answers against the first.

    Args:
        method: Whose answers they are.
        answers: By form, `Answer` rows of the same respondents and questions.
        rates: By form, answers a second of the job that took them; None where that was not measured.

    Returns:
        `FormComparison` rows, one a form.

    Raises:
        InputError: Two forms are not of the same personas.
    """
    first = next(iter(answers.values()))
    rows = []
    for form, given in answers.items():
        comparison = compare(first, given)
        rows.append(
            {
                "method": method,
                "form": form,
                "answers": comparison.answers,
                "agreement": comparison.agreement,
                "invalid_rate": comparison.invalid_b,
                "option_mass": given["option_mass"].mean(),
                "answers_per_second": rates[form],
            }
        )
    return pl.DataFrame(rows, schema=FormComparison.dtypes())


def markdown(table: pl.DataFrame) -> str:
    """The table as people read it; a dash where there is nothing to say."""
    lines = ["| " + " | ".join(table.columns) + " |", "|" + " --- |" * len(table.columns)]
    for row in table.iter_rows():
        cells = ["-" if value is None else f"{value:.3g}" if isinstance(value, float) else str(value) for value in row]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"
