"""Engines that answer the survey by shares of options, people drawn from shares, and their answers arranged."""

from pathlib import Path

import numpy as np

from clca.engines.base import Choice, ignore
from clca.schemas import Answer, Persona
from clca.survey.answers import persona_answers
from clca.survey.questionnaire import load, render_question
from clca.survey.respondents import demographics, marginals, synthesise
from clca.survey.scorecard import cells, own_options

ROOT = Path(__file__).parents[2]
RESOURCES = ROOT / "workflow/resources"
ENGLISH = load(ROOT / "config/questionnaire/en.yaml")
ASKED = {render_question(item, ENGLISH): item.question for item in ENGLISH.items}
COUNTRIES = {"japan": ["JPN"], "mexico": ["MEX"], "china": ["CHN"], "germany": ["DEU"], "uk": ["GBR"]}
SHARES = {culture: marginals(RESOURCES / "wvs7_marginals.csv", culture) for culture in COUNTRIES}


class Survey:
    """An engine that answers as often as people did; what it draws is nine times as probable as all else."""

    def __init__(self, shares, seed):
        self.cumulative = {question: np.cumsum(people)[:-1] for question, people in shares.items()}
        self.rng = np.random.default_rng(seed)

    def option(self, question):
        return int(np.searchsorted(self.cumulative[question], self.rng.random(), side="right"))

    def logprobs(self, question, option):
        k = len(self.cumulative[question]) + 1
        return tuple(np.log(np.where(np.arange(k) == option, 0.9, 0.1 / (k - 1))).tolist())

    def choose(self, requests, on_done=ignore):
        replies = []
        for index, request in enumerate(requests):
            question = ASKED[request.messages[1]["content"]]
            option = self.option(question)
            replies.append(Choice(option, self.logprobs(question, option), 0.8))
            on_done(index, replies[-1])
        return replies


class Mode(Survey):
    """An engine that knows the marginals: it chooses the mode and is as sure of each option as people were."""

    def __init__(self, shares):
        self.shares = shares

    def option(self, question):
        return int(np.argmax(self.shares[question]))

    def logprobs(self, question, option):
        return tuple(np.log(np.maximum(self.shares[question], 1e-9)).tolist())


def draw_people(n, culture="japan", shares=None):
    fields = demographics(RESOURCES / "demographics.csv", culture)
    return synthesise(shares or SHARES[culture], fields, COUNTRIES[culture], culture, n, np.random.default_rng(7))


def answered(respondents, engine, method="persona"):
    """`Answer` rows of all respondents as personas."""
    personas = respondents.select(list(Persona.to_schema().columns))
    return Answer.validate(persona_answers(method, personas, "Japan", ENGLISH, engine))


def arranged(answers, respondents, shares=SHARES["japan"]):
    return cells(answers, shares, own_options(respondents, respondents), respondents["respondent"].to_list())
