"""Figures of the survey: scorecard, answers beside people's, what moved, whose adapter helps whom.

Each is a pure function of tables, which `clca.study.figure_tables` makes of artifacts. Tables hold shares and distances
only, never a respondent's row.
"""

from typing import Any

import altair as alt
import numpy as np
import polars as pl

from clca.study.drawing import BLACK, BLUE, CIVIDIS, GREY, ORANGE, PALE, VERMILLION, Chart, data, titled
from clca.survey.metrics import METRICS

AXES = {
    "kl_paper": ("kl_paper", "nats"),
    "kl": ("kl", "nats"),
    "jsd": ("jsd", "distance, 0 to .83"),
    "emd": ("emd", "share of the scale"),
    "accuracy": ("accuracy", "share of answers"),
}
"""What stands over and under the panel of a measure."""

PREDICTORS = {
    "true_marginals": "people's own shares",
    "marginals_sample": "a sample of people",
    "modal": "people's commonest answer",
    "uniform": "chance",
    "other_cultures": "mean of other cultures",
    "first_option": "always the first option",
}
"""What yardsticks are called in figures."""

SHAPES = {"persona": "circle", "cultural": "square", "clca": "triangle-up"}
COLOURS = {"persona": BLUE, "cultural": ORANGE, "clca": VERMILLION}
CHANCE, SAMPLE = PREDICTORS["uniform"], PREDICTORS["marginals_sample"]

_ROW, _BAR = 26, 13


def scorecard(numbers: pl.DataFrame, title: str, *below: str) -> Chart:
    """A scorecard: a panel a measure, methods with their intervals above, yardsticks below.

    Args:
        numbers: Columns name, kind (method, yardstick), metric, value, low, high; rows in the order to be shown.
        title: What is seen.
        below: Of what, a line each.
    """
    names = numbers["name"].unique(maintain_order=True).to_list()
    panels = [_measure(numbers.filter(metric=metric), metric, names, metric == METRICS[0]) for metric in AXES]
    return titled(alt.hconcat(*panels, spacing=14), title, *below)


def _measure(numbers: pl.DataFrame, metric: str, names: list[str], first: bool) -> Chart:
    """One panel; row names stand at the first alone."""
    name, unit = AXES[metric]
    axis = alt.Axis(title=None, ticks=False, domain=False, labelPadding=8, labels=first)
    y = alt.Y("name:N", sort=names, axis=axis)
    x = alt.X("value:Q", title=unit, scale=alt.Scale(zero=True, nice=True), axis=alt.Axis(tickCount=3))
    base = alt.Chart(data(numbers)).encode(y=y)
    marked = alt.Chart(data(numbers.filter(pl.col("name").is_in([CHANCE, SAMPLE])))).mark_rule(color=PALE)
    methods = [one for one in names if one in set(numbers.filter(kind="method")["name"])]
    shapes = [_of(SHAPES, one, "diamond") for one in methods] + ["cross"] * (len(names) - len(methods))
    colours = [_of(COLOURS, one, BLACK) for one in methods] + [GREY] * (len(names) - len(methods))
    colour = alt.Color("name:N", scale=alt.Scale(domain=names, range=colours), legend=None)
    shape = alt.Shape("name:N", scale=alt.Scale(domain=names, range=shapes), legend=None)
    points = base.mark_point(filled=True, size=70, opacity=1).encode(x=x, shape=shape, color=colour)
    whiskers = base.mark_rule(size=1.6).encode(x="low:Q", x2="high:Q", color=colour)
    dashes = alt.StrokeDash("name:N", scale=alt.Scale(domain=[CHANCE, SAMPLE], range=[[5, 3], [1, 3]]), legend=None)
    text = alt.Text("value:Q", format=".3f")
    # White around the numbers, where they stand on a line.
    halo = base.mark_text(dy=-9, fontSize=9, stroke="white", strokeWidth=3).encode(x=x, text=text)
    told = base.mark_text(dy=-9, fontSize=9, color="#222").encode(x=x, text=text)
    lines = marked.encode(x="value:Q", strokeDash=dashes)
    title = alt.TitleParams(name, fontSize=12, offset=6, frame="group")
    return alt.layer(lines, whiskers, halo, points, told).properties(width=132, height=_ROW * len(names), title=title)


def _of(known: dict[str, str], name: str, other: str) -> str:
    """What is known of a method by the first word of its name, such as `clca` of `clca-seed42`."""
    return known.get(name.partition(" ")[0].partition("-")[0], other)


def answers(shares: pl.DataFrame, title: str, *below: str) -> Chart:
    """Answers beside people's: a cell an item, a bar each for people and methods, segments in the options' order.

    Args:
        shares: Columns item (its text), who, option (from 1; null for no valid answer), options (how many there are),
            share, gap (what items are sorted by, the largest first).
        title: What is seen.
        below: Of what, a line each.
    """
    items = shares.sort("gap", descending=True, maintain_order=True)["item"].unique(maintain_order=True).to_list()
    who = shares["who"].unique(maintain_order=True).to_list()
    x = alt.X("start:Q", scale=alt.Scale(domain=[0, 1]), title="share of answers").axis(format="%", tickCount=4)
    y = alt.Y("who:N", sort=who, title=None, axis=alt.Axis(ticks=False, domain=False))
    legend = alt.Legend(
        title="place on the scale, and its number in the bars",
        values=[0, 0.5, 1],
        labelExpr="{'0': 'first option', '0.5': 'middle', '1': 'last option'}[datum.value]",
        orient="top",
        titleOrient="left",
        gradientLength=240,
    )
    colour = alt.Color("position:Q", scale=alt.Scale(domain=[0, 1], range=list(CIVIDIS)), legend=legend)
    bars = alt.Chart().mark_bar(stroke="white", strokeWidth=1, height=_BAR)
    bars = bars.encode(x=x, x2="end:Q", y=y, color=alt.condition("datum.option === null", alt.value("#fff"), colour))
    light = alt.condition("datum.light", alt.value("white"), alt.value("black"))
    told = alt.Chart().mark_text(fontSize=9).encode(x="middle:Q", y=y, text="label:N", color=light)
    cell = alt.layer(bars, told, data=data(_segments(shares))).properties(width=340, height=(_BAR + 2) * len(who))
    header = alt.Header(title=None, labelAnchor="start", labelExpr="split(datum.label, '\\n')", labelLimit=400)
    facet = alt.Facet("item:N", sort=items, header=header)
    return titled(cell.facet(facet=facet, columns=2, spacing={"row": 12, "column": 40}), title, *below)


def _segments(shares: pl.DataFrame) -> pl.DataFrame:
    """Where segments of bars lie, with a label where there is room for it: light on dark."""
    end = pl.col("share").cum_sum().over("item", "who")
    position = (pl.col("option") - 1) / (pl.col("options") - 1)
    number = pl.col("option").cast(pl.String).fill_null("none")
    return shares.with_columns(
        start=end - pl.col("share"),
        end=end,
        middle=end - pl.col("share") / 2,
        position=position,
        label=pl.when(pl.col("share") >= 0.06).then(number).otherwise(pl.lit("")),
        light=(position < 0.55).fill_null(False),
    )


def movement(moves: pl.DataFrame, title: str, *below: str) -> Chart:
    """What adapting moved: an arrow an item, from the distance of `persona` to that of `clca`.

    Args:
        moves: Columns item (its text), before and after (distances from people).
        title: What is seen.
        below: Of what, a line each.
    """
    moved = moves.with_columns(moved=pl.col("after") - pl.col("before")).sort("moved", maintain_order=True)
    sign = pl.col("moved").sign().cast(pl.Int64)
    placed = moved.with_columns(direction=sign.replace_strict({-1: "towards", 0: "still", 1: "away"}))
    directions = ["towards", "still", "away"]
    y = alt.Y("item:N", sort=moved["item"].to_list(), title=None, axis=alt.Axis(ticks=False, domain=False))
    x = alt.X("before:Q", title="distance from people (jsd, 0 to .83)", scale=alt.Scale(zero=True, nice=True))

    def by_direction(*values: Any) -> dict[str, Any]:
        return {"scale": alt.Scale(domain=directions, range=list(values)), "legend": None}

    colour = alt.Color("direction:N", **by_direction(BLUE, GREY, VERMILLION))
    shape = alt.Shape("direction:N", **by_direction("triangle-left", "circle", "triangle-right"))
    dash = alt.StrokeDash("direction:N", **by_direction([1, 0], [1, 0], [4, 2]))
    base = alt.Chart(data(placed)).encode(y=y, color=colour)
    lines = base.mark_rule(size=1.6).encode(x=x, x2="after:Q", strokeDash=dash)
    start = base.mark_point(size=24, filled=True, opacity=1, shape="circle").encode(x=x)
    end = base.mark_point(size=60, filled=True, opacity=1).encode(x="after:Q", shape=shape)
    chart = alt.layer(lines, start, end).properties(width=430, height=15 * len(moves))
    return titled(chart, title, *below)


def specificity(effects: pl.DataFrame, title: str, *below: str) -> Chart:
    """Adapters of one culture as people of another: a matrix a model, method and measure.

    Args:
        effects: Columns model, method, metric, adapter, culture, value (distance less the unadapted model's; null where
            a scorecard is missing); cultures in their order.
        title: What is seen.
        below: Of what, a line each.
    """
    metrics = effects["metric"].unique(maintain_order=True).to_list()
    matrices = [_matrices(effects.filter(metric=metric), metric) for metric in metrics]
    return titled(alt.vconcat(*matrices, spacing=24).resolve_scale(color="independent"), title, *below)


def _matrices(effects: pl.DataFrame, metric: str) -> Chart:
    """The matrices of one measure, which share a scale of colours: another measure has another unit."""
    cultures = effects["culture"].unique(maintain_order=True).to_list()
    most = float(np.nanmax(np.abs(effects["value"].cast(pl.Float64).to_numpy()), initial=1e-6))
    shown = effects.with_columns(
        panel=pl.format("{} {}, {}", "model", "method", "metric"),
        # White is read on the ends of the scale alone, of which blue is the darker.
        strong=(pl.col("value") < -0.6 * most) | (pl.col("value") > 0.85 * most),
    )
    x = alt.X("culture:N", sort=cultures, title="people of", axis=alt.Axis(labelAngle=0, orient="bottom", ticks=False))
    y = alt.Y("adapter:N", sort=cultures, title="adapter of", axis=alt.Axis(ticks=False))
    scale = alt.Scale(scheme="blueorange", domain=[-most, 0, most])
    name, unit = AXES[metric]
    title = f"change of {name} ({unit}): below 0 is nearer"
    legend = alt.Legend(title=title, orient="bottom", gradientLength=200, format="+.3f")
    base = alt.Chart().encode(x=x, y=y)
    cells = base.mark_rect(stroke="white").encode(color=alt.Color("value:Q", scale=scale, legend=legend))
    own = base.transform_filter("datum.adapter === datum.culture").mark_rect(
        fill=None, stroke="black", strokeWidth=2, filled=False
    )
    told = base.mark_text(fontSize=11).encode(
        text=alt.condition("datum.value === null", alt.value("missing"), alt.Text("value:Q", format="+.3f")),
        color=alt.condition("datum.strong", alt.value("white"), alt.value("black")),
    )
    cell = alt.layer(cells, own, told, data=data(shown)).properties(width=72 * len(cultures), height=44 * len(cultures))
    panels = shown["panel"].unique(maintain_order=True).to_list()
    header = alt.Header(title=None, labelAnchor="start")
    return cell.facet(facet=alt.Facet("panel:N", sort=panels, header=header), columns=2)
