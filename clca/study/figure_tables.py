"""The tables behind figures, made of artifacts, and the figures' files: a function a rule."""

import json
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from clca import artifacts, schemas
from clca.errors import InputError
from clca.study import figures, run_figures
from clca.study.diagnostics import answer_shares
from clca.study.drawing import draw
from clca.study.pages import scorecard_page
from clca.survey.card import Scorecard, shown
from clca.survey.evidence import human_shares
from clca.survey.questionnaire import Item, Questionnaire, load
from clca.survey.yardsticks import Shares

PEOPLE, BEFORE, AFTER = "people", "persona", "clca"

DROPPED = ("quality bad", "meta bad", "not judged", "cut off")


def of_culture(
    given: Mapping[str, Any], output: Mapping[str, Any], params: Mapping[str, Any], names: Mapping[str, str]
) -> None:
    """Draw what is known of one model as people of one culture.

    Args:
        given: Paths of `card`, `item_scores`, `respondents`, their `summary` and `marginals`, answers of `persona` and
            `clca`, and the `questionnaire`.
        output: Paths of `scorecard`, `answers` and `movement`, each as SVG and PNG, and of the scorecard's `page`.
        params: `culture` (JSON with its `name`), `weights`.
        names: `model` and `culture`.

    Raises:
        InputError: An input is missing or broken.
    """
    card = artifacts.read_record(given["card"], Scorecard)
    scores = artifacts.read(given["item_scores"], schemas.ItemScore)
    questions = load(given["questionnaire"])
    weights = params["weights"]
    human = human_shares(given["respondents"], given["summary"], given["marginals"] or None, names["culture"], weights)
    methods = {name: artifacts.read(given[name], schemas.Answer) for name in (BEFORE, AFTER)}
    place = f"{names['model']} as people of {json.loads(params['culture'])['name']}"
    moves = item_moves(scores, questions)
    way = (moves["after"] - moves["before"]).sign()
    nearer, farther = int((way < 0).sum()), int((way > 0).sum())
    charts = {
        "scorecard": figures.scorecard(
            card_numbers(card),
            f"{place}: distance from their answers, beside predictors that know no model",
            "Lower is nearer, but for accuracy. Bars: 95% intervals. Dashed: chance; dotted: a sample of people.",
            *about(card),
        ),
        "answers": figures.answers(
            answered(human, methods, gaps(scores), questions),
            f"{place}: answers beside people's, the farthest item first",
            f"Gap: distance of {AFTER} from people (jsd, 0 to .83). Items in our own words.",
            *about(card),
        ),
        "movement": figures.movement(
            moves,
            f"{place}: adapting moved {nearer} of {moves.height} items towards people, {farther} away",
            f"Arrows from {BEFORE} to {AFTER}: left (blue, solid) towards people, right (red, dashed) away; dots stay.",
            *about(card),
        ),
    }
    draw(charts, output)
    artifacts.write_text(scorecard_page(card, place), output["page"])


def of_training(given: Sequence[str], output: Sequence[str], names: Mapping[str, Any]) -> None:
    """Draw an adapter's losses.

    Args:
        given: Path of the training log.
        output: Paths of the figure.
        names: `model`, `culture` (as people say it), `variant` and `seed`.

    Raises:
        InputError: The log is missing or broken.
    """
    points = logged(given[0])
    held = points.filter(data="held-out")["loss"].to_list()
    title = "{variant} of {model} for {culture}, seed {seed}".format(**names)
    told = f": the held-out loss went from {held[0]:.2f} to {held[-1]:.2f}" if len(held) > 1 else ""
    below = "The held-out data are other scenarios than the training data."
    draw({"losses": run_figures.losses(points, title + told, below)}, {"losses": output})


def of_data(given: Mapping[str, Sequence[str]], output: Sequence[str], params: Mapping[str, Any]) -> None:
    """Draw what became of the data of `clca`, culture by culture.

    Args:
        given: `scenarios`, `dialogues`, `dropped` and `intents`: a path a culture.
        output: Paths of the figure.
        params: `cultures`.

    Raises:
        InputError: An input is missing or broken.
    """
    kinds = {
        "scenarios": schemas.AdaptedScenario,
        "dialogues": schemas.Utterance,
        "dropped": schemas.Dropped,
        "intents": schemas.Intent,
    }
    tables = []
    for number, culture in enumerate(params["cultures"]):
        read = {name: artifacts.read(given[name][number], kind) for name, kind in kinds.items()}
        tables.append(counted(culture, **read))
    counts = pl.concat(tables)
    kept, played = (int(counts.filter(what=what)["count"].sum()) for what in ("kept", "played"))
    title = f"{kept:,} of {played:,} dialogues were kept to learn from"
    below = "From scenarios to dialogues, those that the judge left, and the intents behind their turns."
    draw({"data": run_figures.funnel(counts, title, below)}, {"data": output})


def of_specificity(path: str, output: Sequence[str]) -> None:
    """Draw the matrices of the study's table `specificity`.

    Raises:
        InputError: The table is missing or broken.
    """
    try:
        found = pl.read_csv(path, schema_overrides={"value": pl.Float64}).filter(of="effect")
    except (OSError, pl.exceptions.PolarsError) as error:
        first = str(error).splitlines()[0][:120]
        raise InputError(f"{path}: not a table of the study ({first}); delete it and run again") from None
    title = "Whom adapters help: each culture's adapter as people of every culture"
    below = "Change of the mean distance against the unadapted model; the own culture is framed. Below 0 is nearer."
    draw({"specificity": figures.specificity(found, title, below)}, {"specificity": output})


def about(card: Mapping[str, Any]) -> list[str]:
    """What a scorecard's numbers are of, in a line."""
    reference = card["reference"]
    told = f"{card['personas']} personas, {card['items']} items, {reference['respondents']} respondents"
    return [told + (", drawn from published shares (synthetic)" if reference["synthetic_respondents"] else "")]


def card_numbers(card: Mapping[str, Any]) -> pl.DataFrame:
    """A scorecard's numbers as `figures.scorecard` takes them."""
    rows = [
        {"name": name, "kind": "method", "metric": metric, **method[metric]}
        for name, method in shown(card).items()
        for metric in figures.AXES
    ]
    for name, values in card["yardsticks"].items():
        head = {"name": figures.PREDICTORS[name], "kind": "yardstick"}
        rows += [{**head, "metric": metric, "value": values[metric]} for metric in figures.AXES]
    return pl.DataFrame(rows, schema_overrides=dict.fromkeys(("value", "low", "high"), pl.Float64))


def gaps(scores: pl.DataFrame) -> dict[str, float]:
    """By item the distance (jsd) of the adapted model from people."""
    return dict(scores.filter(method=AFTER).select("question", "jsd").iter_rows())


def called(item: Item) -> str:
    """An item in a line: its name, its scale, and the question itself, without what leads to all of the scale."""
    return f"{item.question} {item.scale.partition('_')[0]}: {item.text.splitlines()[-1]}"


def answered(
    human: Shares, methods: Mapping[str, pl.DataFrame], gap: Mapping[str, float], questions: Questionnaire
) -> pl.DataFrame:
    """Shares of options of people and methods, as `figures.answers` takes them.

    Args:
        human: People's shares by item, shape (k,) each.
        methods: `Answer` rows by method.
        gap: By item.
        questions: Gives the items their texts.
    """
    found = {PEOPLE: human, **{name: answer_shares(answers) for name, answers in methods.items()}}
    rows = []
    for item in questions.items:
        if item.question not in human:
            continue
        k = len(item.options)
        text = textwrap.fill(called(item), 64)
        told = f"{text}\n1 {item.options[0]} … {k} {item.options[-1]}; gap {gap[item.question]:.2f}"
        for who, shares in found.items():
            # Those of a method have a cell more, of answers that are no option.
            for number, share in enumerate(shares[item.question], start=1):
                if number <= k or share > 0:
                    option = number if number <= k else None
                    head = {"question": item.question, "item": told, "who": who, "options": k}
                    rows.append({**head, "option": option, "share": float(share), "gap": gap[item.question]})
    return pl.DataFrame(rows, schema_overrides={"option": pl.Int64})


def item_moves(scores: pl.DataFrame, questions: Questionnaire) -> pl.DataFrame:
    """Distances (jsd) of every item before and after adapting, as `figures.movement` takes them."""
    texts = pl.DataFrame([{"question": one.question, "item": called(one)} for one in questions.items])
    wide = scores.filter(pl.col("method").is_in([BEFORE, AFTER])).pivot("method", index="question", values="jsd")
    return texts.join(wide, on="question", how="inner", maintain_order="left").rename(
        {BEFORE: "before", AFTER: "after"}
    )


def logged(path: str) -> pl.DataFrame:
    """A training log as `run_figures.losses` takes it.

    Raises:
        InputError: It is missing or broken.
    """
    try:
        lines = [json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines()]
        rows = [
            {"data": name, "step": line["step"], "loss": float(line[key])}
            for line in lines
            for key, name in (("loss", "training"), ("heldout_loss", "held-out"))
            if key in line
        ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path}: not a training log ({error}); delete it and train again") from None
    return pl.DataFrame(rows, schema={"data": pl.String, "step": pl.Int64, "loss": pl.Float64})


def counted(
    culture: str, scenarios: pl.DataFrame, dialogues: pl.DataFrame, dropped: pl.DataFrame, intents: pl.DataFrame
) -> pl.DataFrame:
    """What became of one culture's data, as `run_figures.funnel` takes it; bars of drops begin where they fall."""
    played = dialogues.select("scenario_id", "take").unique().height
    reasons = dict(dropped["reason"].value_counts().iter_rows())
    labels = intents["relation"].fill_null("no valid intent").value_counts()
    relations = dict(labels.iter_rows())
    bars: list[tuple[str, str, int, int]] = [
        ("scenarios", f"from {source}s", 0, scenarios.filter(source=source).height)
        for source in scenarios["source"].unique(maintain_order=True)
    ]
    bars.append(("dialogues", "played", 0, played))
    left = played
    for reason in DROPPED:
        count = int(reasons.get(reason, 0))
        bars.append(("dialogues", f"dropped: {reason}", left - count, left))
        left -= count
    bars.append(("dialogues", "kept", 0, left))
    turns = "turns of kept dialogues"
    bars += [
        (turns, what, 0, int(relations.get(name, 0)))
        for name, what in (("cultural", "cultural intent"), ("generic", "generic intent"), ("no valid intent",) * 2)
    ]
    rows = [{"culture": culture, "stage": s, "what": w, "start": a, "end": b, "count": b - a} for s, w, a, b in bars]
    return pl.DataFrame(rows)
