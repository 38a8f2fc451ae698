"""Arithmetic word problems of our own for the controls: a question, its worked answer, and more questions about it.

Every equation in an answer stands as `a op b = c`, computed and not written by hand.
"""

from collections.abc import Callable, Sequence
from operator import add, floordiv, mul, sub
from typing import NamedTuple

import numpy as np
import polars as pl

from clca.errors import InputError
from clca.schemas import Problem

OPERATIONS: dict[str, Callable[[int, int], int]] = {"+": add, "-": sub, "*": mul, "/": floordiv}

NAMES = (
    "Alex", "Sam", "Robin", "Kim", "Charlie", "Noa", "Max", "Lou", "Jamie", "Toni", "Sascha", "Ari",
    "Mika", "Dana", "Jules", "Remy", "Nico", "Andrea", "Morgan", "Casey",
)  # fmt: skip
GOODS = ("pencils", "notebooks", "apples", "tickets", "plates", "candles", "buttons", "lamps", "mugs", "seeds")
CAKES = ("rolls", "muffins", "biscuits", "pies", "pretzels", "waffles")
PLANTS = ("tomato", "bean", "pepper", "pumpkin", "cucumber")
PLACES = ("the coast", "the mountains", "the next town", "a lake", "the airport", "a friend's house")
WISHES = ("a bicycle", "a camera", "a tent", "a guitar", "a telescope", "a pair of skis")
ROOMS = ("kitchen floor", "school yard", "garden", "playground", "car park", "roof terrace")


class Exchange(NamedTuple):
    """A question and its worked answer; `last` is the result."""

    question: str
    answer: str
    last: int


class Draw:
    """Numbers and words of one problem."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng

    def number(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`."""
        return int(self._rng.integers(low, high + 1))

    def words(self, of: Sequence[str], count: int) -> list[str]:
        """So many different words."""
        return [of[int(index)] for index in self._rng.permutation(len(of))[:count]]


class Steps:
    """A worked answer under way: sentences, each with an equation, and the last result."""

    def __init__(self) -> None:
        self._sentences: list[str] = []
        self.result = 0

    def then(self, what: str, a: int, operation: str, b: int) -> int:
        """One step: a sentence that ends with its equation."""
        self.result = OPERATIONS[operation](a, b)
        self._sentences.append(f"{what}: {a} {operation} {b} = {self.result}.")
        return self.result

    def to(self, question: str) -> Exchange:
        """The steps as the answer to a question."""
        text = " ".join([*self._sentences, f"The answer is {self.result}."])
        return Exchange(question, text, self.result)


def worked(question: str, *steps: tuple[str, int | None, str, int | None]) -> Exchange:
    """An answer in steps; None stands for the result of the step before."""
    done = Steps()
    for what, a, operation, b in steps:
        before = done.result
        done.then(what, before if a is None else a, operation, before if b is None else b)
    return done.to(question)


def shopping(draw: Draw) -> list[Exchange]:
    """Two goods, each at a price."""
    (name,), (one, other) = draw.words(NAMES, 1), draw.words(GOODS, 2)
    n, m, p, q = draw.number(2, 12), draw.number(2, 9), draw.number(2, 15), draw.number(2, 15)
    total = Steps()
    a = total.then(f"The {one} cost", n, "*", p)
    b = total.then(f"The {other} cost", m, "*", q)
    total.then("Together they cost", a, "+", b)
    paid = total.result + draw.number(1, 60)
    return [
        total.to(
            f"{name} buys {n} {one} at {p} coins each and {m} {other} at {q} coins each. How many coins is that "
            "altogether?"
        ),
        worked(f"{name} pays with {paid} coins. How many come back?", ("What is left is", paid, "-", total.result)),
        worked(
            f"What would {name} pay for twice as many of both?", ("Everything doubles, so it is", total.result, "*", 2)
        ),
        worked(f"How many things does {name} carry home?", (f"Add the {one} and the {other}", n, "+", m)),
    ]


def baking(draw: Draw) -> list[Exchange]:
    """Trays of cakes, some of which are sold."""
    (name,), (cakes,) = draw.words(NAMES, 1), draw.words(CAKES, 1)
    trays, each, boxes = draw.number(3, 14), draw.number(6, 24), draw.number(2, 6)
    made = trays * each
    sold = draw.number(1, made - 1)
    return [
        worked(
            f"{name} bakes {trays} trays with {each} {cakes} on each and sells {sold} of them by noon. How many "
            f"{cakes} are left?",
            (f"All the {cakes} on the trays are", trays, "*", each),
            ("Those not sold are", None, "-", sold),
        ),
        worked(
            f"And if {name} had baked {boxes} trays more?",
            ("There would be so many trays", trays, "+", boxes),
            (f"They would hold this many {cakes}", None, "*", each),
            ("Without those sold that leaves", None, "-", sold),
        ),
        worked(
            f"At {boxes} coins each, what did the {cakes} that were sold bring in?", ("They brought", sold, "*", boxes)
        ),
    ]


def travelling(draw: Draw) -> list[Exchange]:
    """Two parts of a way at two speeds."""
    (name,), (place,) = draw.words(NAMES, 1), draw.words(PLACES, 1)
    fast, slow, h, k = draw.number(60, 120), draw.number(12, 55), draw.number(2, 6), draw.number(2, 6)
    way = Steps()
    a = way.then("The first part is this many kilometres", fast, "*", h)
    b = way.then("The second part is this many", slow, "*", k)
    way.then("The whole way is", a, "+", b)
    return [
        way.to(
            f"On the way to {place}, {name} drives {h} hours at {fast} kilometres an hour and then {k} hours at {slow} "
            "kilometres an hour. How long is the way in kilometres?"
        ),
        worked("How many hours does it take?", ("The hours add up to", h, "+", k)),
        worked("How many kilometres are there and back?", ("It is twice the way", way.result, "*", 2)),
        worked("By how many kilometres do the two parts differ?", ("The difference is", max(a, b), "-", min(a, b))),
    ]


def sharing(draw: Draw) -> list[Exchange]:
    """Some are given away, the rest is shared evenly."""
    (name,), (things,) = draw.words(NAMES, 1), draw.words(GOODS, 1)
    groups, each, away = draw.number(3, 12), draw.number(4, 20), draw.number(5, 50)
    total, more = groups * each + away, draw.number(1, 6)
    return [
        worked(
            f"{name} has {total} {things}, gives {away} of them to a neighbour, and shares the rest evenly among "
            f"{groups} children. How many {things} does each child get?",
            ("The rest is", total, "-", away),
            ("Shared evenly, each gets", None, "/", groups),
        ),
        worked(
            f"Suppose that each child then gets {more} more {things}. How many are needed for that?",
            ("For all the children it takes", groups, "*", more),
        ),
    ]


def saving(draw: Draw) -> list[Exchange]:
    """Money that grows week by week."""
    (name,), (wish,) = draw.words(NAMES, 1), draw.words(WISHES, 1)
    start, weekly, weeks = draw.number(10, 90), draw.number(3, 25), draw.number(4, 20)
    saved = start + weekly * weeks
    price = saved + weekly * draw.number(1, 8)
    return [
        worked(
            f"{name} saves for {wish}. There are {start} coins in the box, and every week {weekly} more go in. How "
            f"many coins are in it after {weeks} weeks?",
            (f"In {weeks} weeks this much is added", weekly, "*", weeks),
            ("With what was there it is", None, "+", start),
        ),
        worked(f"It costs {price} coins. How many are still lacking then?", ("What is lacking is", price, "-", saved)),
        worked(
            "For how many weeks more does it take to save that?",
            ("What is lacking is", price, "-", saved),
            ("Week by week that takes", None, "/", weekly),
        ),
    ]


def planting(draw: Draw) -> list[Exchange]:
    """Rows of plants, some of which do not grow."""
    (name,), (plant,) = draw.words(NAMES, 1), draw.words(PLANTS, 1)
    rows, each, fruit = draw.number(3, 15), draw.number(4, 16), draw.number(3, 12)
    lost = draw.number(1, rows * each - 1)
    return [
        worked(
            f"{name} sets {rows} rows of {each} {plant} plants. {lost} of them do not grow, and every other one bears "
            f"{fruit} fruits. How many fruits are there?",
            ("The plants that were set are", rows, "*", each),
            ("Those that grow are", None, "-", lost),
            ("They bear", None, "*", fruit),
        ),
        worked(
            "How many would there be if all had grown?",
            ("All the plants are", rows, "*", each),
            ("They would bear", None, "*", fruit),
        ),
        worked("How many fruits were missed because of the lost plants?", ("That is", lost, "*", fruit)),
    ]


def reading(draw: Draw) -> list[Exchange]:
    """Pages a day, until a book is read."""
    (name,) = draw.words(NAMES, 1)
    daily, days, faster = draw.number(8, 40), draw.number(3, 12), draw.number(2, 9)
    pages = daily * days + (daily + faster) * draw.number(1, 7)
    rest = pages - daily * days
    return [
        worked(
            f"{name} reads {daily} pages a day of a book that has {pages} pages. How many pages are left after {days} "
            "days?",
            ("The pages that were read are", daily, "*", days),
            ("What is left is", pages, "-", None),
        ),
        worked(
            f"From then on {name} reads {faster} pages more a day. How many days does the rest take?",
            ("In a day that is now", daily, "+", faster),
            ("The rest takes this many days", rest, "/", None),
        ),
    ]


def fencing(draw: Draw) -> list[Exchange]:
    """Area and edge of a rectangle."""
    (name,), (room,) = draw.words(NAMES, 1), draw.words(ROOMS, 1)
    length, width, price = draw.number(6, 40), draw.number(3, 30), draw.number(2, 12)
    return [
        worked(
            f"The {room} that {name} looks after is {length} metres long and {width} metres wide. Covering a square "
            f"metre costs {price} coins. What does it cost to cover all of it?",
            ("The area in square metres is", length, "*", width),
            ("At that price it costs", None, "*", price),
        ),
        worked(
            "How many metres is it once around?",
            ("One long and one short side are", length, "+", width),
            ("There are two of each", None, "*", 2),
        ),
    ]


def discount(draw: Draw) -> list[Exchange]:
    """Percent off a price."""
    (name,), (wish,) = draw.words(NAMES, 1), draw.words(WISHES, 1)
    hundreds, percent, count = draw.number(1, 12), 5 * draw.number(1, 12), draw.number(2, 6)
    price = 100 * hundreds
    now = price - hundreds * percent
    return [
        worked(
            f"{name} wants {wish} that costs {price} coins. Today everything is {percent} percent cheaper. What does "
            "it cost today?",
            ("One percent of the price is", price, "/", 100),
            ("What is taken off is", None, "*", percent),
            ("The price today is", price, "-", None),
        ),
        worked(f"What do {count} of them cost today?", ("They cost", now, "*", count)),
        worked(
            f"How much is saved by buying {count} of them today?",
            ("On one it is", price, "-", now),
            ("On all of them it is", None, "*", count),
        ),
    ]


def ages(draw: Draw) -> list[Exchange]:
    """Two people of different age."""
    one, other = draw.words(NAMES, 2)
    age, gap, years = draw.number(5, 60), draw.number(2, 30), draw.number(2, 15)
    older = age + gap
    return [
        worked(
            f"{one} is {age} years old and {other} is {gap} years older. How old are the two together in {years} "
            "years?",
            (f"{other} is now", age, "+", gap),
            ("Together they are now", None, "+", age),
            ("Each gets older, so what is added is twice the years", older + age, "+", 2 * years),
        ),
        worked(f"How old is {other} then?", (f"{other} will be", older, "+", years)),
        worked(f"How much older is {other} at that time?", ("The gap stays", older + years, "-", age + years)),
    ]


STORIES = (shopping, baking, travelling, sharing, saving, planting, reading, fencing, discount, ages)


def generate(control: str, count: int, rng: np.random.Generator) -> pl.DataFrame:
    """So many different problems.

    Args:
        control: `gsm8k` for one question and answer each, `mathchat` for two or more about the same story.
        count: Problems wanted.
        rng: Decides stories, names and numbers.

    Returns:
        `Problem` rows.

    Raises:
        InputError: There are not so many different ones.
    """
    rows: dict[str, list[dict[str, str]]] = {}
    draw = Draw(rng)
    for _ in range(20 * count):
        first, *more = STORIES[draw.number(0, len(STORIES) - 1)](draw)
        # From the first on: a later one may build on it.
        asked = [] if control == "gsm8k" else more[: draw.number(1, len(more))]
        said = [(exchange.question, exchange.answer) for exchange in (first, *asked)]
        rows.setdefault(first.question, [message for pair in said for message in _messages(*pair)])
        if len(rows) == count:
            break
    else:
        raise InputError(
            f"config: controls.{control}.problems = {count}: only {len(rows)} different ones came; lower it"
        )
    table = [{"problem_id": f"{control}-{n}", "messages": said} for n, said in enumerate(rows.values(), start=1)]
    return pl.DataFrame(table, schema=Problem.dtypes())


def _messages(question: str, answer: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
