"""Answers: a model answers the questionnaire as each persona, in one of three forms.

The persona is the system prompt and the question the user's turn, so that a persona's 44 questions share a prefix.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

import polars as pl

from clca.engines.base import ChatRequest, Choice, ChooseRequest, Engine, Message, Sampling
from clca.errors import InputError
from clca.progress import Progress
from clca.schemas import Answer
from clca.survey.parsing import parse
from clca.survey.personas import cultural_prompt, render
from clca.survey.questionnaire import Item, Questionnaire, render_question

Form = Literal["constrained", "free_text", "reversed"]
"""How an answer is taken: the likeliest option; a greedy reply, parsed; the likeliest of options shown last first."""

# Room for an option's number and wording in any vocabulary: a byte-level one takes three tokens a Japanese character.
REPLY = Sampling(max_tokens=48)


class Comparison(NamedTuple):
    """Two answer tables of the same personas and items.

    Attributes:
        answers: How many answers each has.
        agreement: Share of the answers valid in both that name the same option; None where there is none.
        invalid_a: Share of the first table's answers that name no option.
        invalid_b: The same of the second.
    """

    answers: int
    agreement: float | None
    invalid_a: float
    invalid_b: float


class _Asked(NamedTuple):
    """One question to one persona: the conversation up to where the model answers."""

    respondent: str | None
    item: Item
    messages: Sequence[Message]


def persona_answers(
    method: str,
    personas: pl.DataFrame,
    country_name: str,
    questionnaire: Questionnaire,
    engine: Engine,
    form: Form = "constrained",
) -> pl.DataFrame:
    """Every persona answers every item.

    Args:
        method: What the answers are evidence of: `persona`, or an adapter's variant and seed.
        personas: `Persona` rows.
        country_name: Name for a country that the questionnaire does not know, in English as in the culture's file.
        form: How the answers are taken.

    Returns:
        `Answer` rows, persona by persona, items in the questionnaire's order.
    """
    prompts = _prompts(personas, country_name, questionnaire)
    return _answer(method, _questions(prompts, questionnaire, form), form, engine)


def cultural_answers(
    name: str, people: str, questionnaire: Questionnaire, engine: Engine, form: Form = "constrained"
) -> pl.DataFrame:
    """The culture itself answers every item: context without demographics, one prompt, so `respondent` is null."""
    prompts = [(None, cultural_prompt(name, people, questionnaire))]
    return _answer("cultural", _questions(prompts, questionnaire, form), form, engine)


def anthropological_answers(
    personas: pl.DataFrame,
    name: str,
    people: str,
    questionnaire: Questionnaire,
    engine: Engine,
    form: Form = "constrained",
    reasoning_tokens: int = 300,
) -> pl.DataFrame:
    """Every persona reasons about every item as a member of its culture, greedily, then answers given the reasoning.

    Reasoning that is cut off at its limit counts as far as it went.

    Args:
        personas: `Persona` rows.
        name: Name of the culture's country in English.
        people: Adjective for its people in English.
        form: How the answers are taken; `reversed` shows the options so before the reasoning.
        reasoning_tokens: The limit.

    Returns:
        `Answer` rows as of `persona_answers`.
    """
    prompts = _prompts(personas, name, questionnaire)
    reason = questionnaire.anthropological.format(people=questionnaire.called(name, people).people)
    asked = _questions(prompts, questionnaire, form, reason)
    progress = Progress("reasoning anthropological", len(asked), "reply")
    reasoning = Sampling(max_tokens=reasoning_tokens)
    thoughts = engine.chat([ChatRequest(one.messages, reasoning) for one in asked], lambda *_: progress.advance())
    then = {"role": "user", "content": questionnaire.instruction}
    reasoned = [
        one._replace(messages=[*one.messages, {"role": "assistant", "content": thought.text.strip()}, then])
        for one, thought in zip(asked, thoughts, strict=True)
    ]
    return _answer("anthropological", reasoned, form, engine)


def compare(a: pl.DataFrame, b: pl.DataFrame) -> Comparison:
    """How far two answer tables agree, such as `constrained` and `free_text` of one model.

    Args:
        a: `Answer` rows.
        b: `Answer` rows of the same respondents and questions, in any order.

    Raises:
        InputError: One has an answer that the other lacks; the line names it.
    """
    keys = ["respondent", "question"]
    both = a.select(*keys, "option", a=True).join(
        b.select(*keys, "option", b=True), on=keys, how="full", nulls_equal=True, coalesce=True, suffix="_b"
    )
    lacking = both.filter(pl.col("a").is_null() | pl.col("b").is_null())
    if len(lacking) or not len(both):
        respondent, question = lacking.select(keys).row(0) if len(lacking) else (None, "all")
        raise InputError(
            f"answers: {question} of respondent {respondent} is not in both tables; compare those of the same personas"
        )
    n, valid = len(both), both.drop_nulls(["option", "option_b"])
    same = int((valid["option"] == valid["option_b"]).sum())
    invalid_a, invalid_b = (both[column].null_count() / n for column in ("option", "option_b"))
    return Comparison(n, same / len(valid) if len(valid) else None, invalid_a, invalid_b)


def _prompts(personas: pl.DataFrame, country_name: str, questionnaire: Questionnaire) -> list[tuple[str | None, str]]:
    """Respondents and their system prompts."""
    return [(row["respondent"], render(row, questionnaire, country_name=country_name)) for row in personas.to_dicts()]


def _questions(
    prompts: Sequence[tuple[str | None, str]], questionnaire: Questionnaire, form: Form, instruction: str | None = None
) -> list[_Asked]:
    """Every item to every prompt."""
    return [
        _Asked(
            respondent,
            item,
            [
                {"role": "system", "content": prompt},
                {
                    "role": "user",
                    "content": render_question(
                        item, questionnaire, reverse=form == "reversed", instruction=instruction
                    ),
                },
            ],
        )
        for respondent, prompt in prompts
        for item in questionnaire.items
    ]


def _answer(method: str, asked: Sequence[_Asked], form: Form, engine: Engine) -> pl.DataFrame:
    progress = Progress(f"answers {method}", len(asked), "answer")

    def heard(*_: Any) -> None:
        progress.advance()

    if form == "free_text":
        replies = engine.chat([ChatRequest(one.messages, REPLY) for one in asked], heard)
        answers = [_parsed(reply.text, one.item) for reply, one in zip(replies, asked, strict=True)]
    else:
        options = [tuple(str(number) for number in range(1, len(one.item.options) + 1)) for one in asked]
        requests = [ChooseRequest(one.messages, labels) for one, labels in zip(asked, options, strict=True)]
        answers = [_chosen(choice, reverse=form == "reversed") for choice in engine.choose(requests, heard)]
    rows = [
        {"method": method, "respondent": one.respondent, "question": one.item.question, **answer}
        for one, answer in zip(asked, answers, strict=True)
    ]
    return pl.DataFrame(rows, schema=Answer.dtypes())


def _chosen(choice: Choice, reverse: bool) -> Mapping[str, Any]:
    """A choice in the survey's numbering; of options shown last first, number i means k + 1 - i."""
    option, logprobs = choice.option + 1, list(choice.logprobs)
    if reverse:
        option, logprobs = len(logprobs) + 1 - option, logprobs[::-1]
    return {"option": option, "logprobs": logprobs, "option_mass": choice.mass}


def _parsed(reply: str, item: Item) -> Mapping[str, Any]:
    """What a reply says; a text has no probability of every option, so these are null."""
    return {"option": parse(reply, item.options), "logprobs": None, "option_mass": None}
