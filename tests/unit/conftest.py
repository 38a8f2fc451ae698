"""What unit tests share: an engine that answers from a script, and a scenario whose private texts show."""

import json
from pathlib import Path

import pytest

from clca import culture
from clca.engines.base import Choice, Completion, ignore, one_by_one

ROOT = Path(__file__).parents[2]


class Scripted:
    """Answers with `answer(request)`: an object is sent as JSON, a string as it is, a Completion unchanged."""

    def __init__(self, answer):
        self.answer, self.asked = answer, []

    def chat(self, requests, on_done=ignore):
        return one_by_one(requests, on_done, self._reply)

    def _reply(self, request):
        self.asked.append(request)
        given = self.answer(request)
        if isinstance(given, Completion):
            return given
        return Completion(given if isinstance(given, str) else json.dumps(given), "stop", 3, 5)

    def choose(self, requests, on_done=ignore):
        self.asked += requests
        replies = [Choice(0, tuple(-1.0 - n for n in range(len(request.options))), 0.5) for request in requests]
        for index, reply in enumerate(replies):
            on_done(index, reply)
        return replies


@pytest.fixture
def scripted():
    return Scripted


@pytest.fixture
def japan():
    return culture.load(ROOT / "config/cultures/japan.yaml")


@pytest.fixture
def scenario_row():
    def row(name="s1"):
        people = {}
        for side in "ab":
            people |= {f"{side}_name": f"NAME-{side}", f"{side}_age": 30 + ord(side), f"{side}_gender": "person"}
            people |= {f"{side}_{field}": f"{field.upper()}-{side}" for field in ("occupation", "background")}
            people |= {f"{side}_goal": f"GOAL-{side}", f"{side}_secret": f"SECRET-{side}"}
        head = {"culture": "japan", "scenario_id": name, "source": "seed", "source_id": "x", "author": "m"}
        return head | {"topic": "tea", "setting": f"A teahouse {name}.", "relationship": "neighbours"} | people

    return row


@pytest.fixture
def utterance_rows():
    def rows(name="s1", take=1, turns=2, ended="limit"):
        return [
            {"culture": "japan", "scenario_id": name, "take": take, "turn": turn, "exchange": (turn + 1) // 2}
            | {"speaker": "ab"[(turn - 1) % 2], "name": "Kenji", "action": "speak"}
            | {"utterance": f"line {turn}", "ended": ended}
            for turn in range(1, turns + 1)
        ]

    return rows
