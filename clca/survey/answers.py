"""Answers: a model answers the questionnaire as each persona, as a constrained choice of one option an item.

The persona is the system prompt and the question the user's turn, so that a persona's 44 questions share a prefix.
"""

from collections.abc import Sequence
from typing import Any

import polars as pl

from clca.engines.base import Choice, ChooseRequest, Engine
from clca.progress import Progress
from clca.schemas import Answer
from clca.survey.personas import cultural_prompt, render
from clca.survey.questionnaire import Questionnaire, render_question


def persona_answers(
    method: str, personas: pl.DataFrame, country_name: str, questionnaire: Questionnaire, engine: Engine
) -> pl.DataFrame:
    """Every persona answers every item.

    Args:
        method: What the answers are evidence of: `persona`, or an adapter's variant and seed.
        personas: `Persona` rows.
        country_name: Name for a country that the questionnaire does not know.

    Returns:
        `Answer` rows, persona by persona, items in the questionnaire's order.
    """
    prompts = [
        (row["respondent"], render(row, questionnaire, country_name=country_name)) for row in personas.to_dicts()
    ]
    return _ask(method, prompts, questionnaire, engine)


def cultural_answers(name: str, people: str, questionnaire: Questionnaire, engine: Engine) -> pl.DataFrame:
    """The culture itself answers every item: context without demographics, one prompt, so `respondent` is null."""
    return _ask("cultural", [(None, cultural_prompt(name, people, questionnaire))], questionnaire, engine)


def _ask(
    method: str, prompts: Sequence[tuple[str | None, str]], questionnaire: Questionnaire, engine: Engine
) -> pl.DataFrame:
    requests, heads = [], []
    for respondent, prompt in prompts:
        for item in questionnaire.items:
            question = render_question(item, questionnaire)
            messages = [{"role": "system", "content": prompt}, {"role": "user", "content": question}]
            options = tuple(str(number) for number in range(1, len(item.options) + 1))
            requests.append(ChooseRequest(messages, options))
            heads.append({"method": method, "respondent": respondent, "question": item.question})
    progress = Progress(f"answers {method}", len(requests), "answer")
    choices = engine.choose(requests, lambda *_: progress.advance())
    rows = [head | _row(choice) for head, choice in zip(heads, choices, strict=True)]
    columns = {name: column.dtype.type for name, column in Answer.to_schema().columns.items()}
    return pl.DataFrame(rows, schema=columns)


def _row(choice: Choice) -> dict[str, Any]:
    return {"option": choice.option + 1, "logprobs": list(choice.logprobs), "option_mass": choice.mass}
