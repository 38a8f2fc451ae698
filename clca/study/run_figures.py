"""Figures of how a study was made: what became of the data, how training went, what it took.

Each is a pure function of tables, which `clca.study.figure_tables` makes of artifacts.
"""

import altair as alt
import polars as pl

from clca.study.drawing import BLUE, GREEN, GREY, ORANGE, VERMILLION, Chart, data, titled

LOST = "#bdbdbd"

UNITS = (("hours", 3600), ("minutes", 60), ("seconds", 1))
"""Of time, with their seconds; one is chosen of which the longest bar has two."""

_WHOLE = "datum.value % 1 ? '' : format(datum.value, ',d')"

_STAGES = {"scenarios": BLUE, "dialogues": GREEN, "turns of kept dialogues": ORANGE}

KINDS = {"training": [1, 0], "held-out": [5, 3]}
"""Dashes of the lines of losses."""


def funnel(counts: pl.DataFrame, title: str, *below: str) -> Chart:
    """What became of the data: a column a culture, a bar a count; what is dropped hangs where it falls off.

    Args:
        counts: Columns culture, stage (scenarios, dialogues, turns of kept dialogues), what (the row's name), start and
            end (where its bar lies), count; rows in the order to be shown.
        title: What is seen.
        below: Of what, a line each.
    """
    cultures = counts["culture"].unique(maintain_order=True).to_list()
    rows = []
    for number, (stage, colour) in enumerate(_STAGES.items()):
        of_stage = counts.filter(stage=stage).with_columns(dropped=pl.col("what").str.starts_with("dropped"))
        names = of_stage["what"].unique(maintain_order=True).to_list()
        # Room for the number at the end of the longest bar.
        most = 1.3 * _most(of_stage["end"])
        axis = alt.Axis(ticks=False, domain=False, labelPadding=6, minExtent=150, maxExtent=150)
        y = alt.Y("what:N", sort=names, title=None, axis=axis)
        scale = alt.Scale(domain=[0, most], nice=False)
        x = alt.X("start:Q", scale=scale, title=f"number of {stage}", axis=alt.Axis(tickCount=4, labelExpr=_WHOLE))
        base = alt.Chart().encode(y=y)
        bars = base.mark_bar(height=14).encode(
            x=x, x2="end:Q", color=alt.condition("datum.dropped", alt.value(LOST), alt.value(colour))
        )
        told = base.mark_text(align="left", dx=4, fontSize=10.5).encode(
            x=alt.X("end:Q"), text=alt.Text("count:Q", format=",")
        )
        cell = alt.layer(bars, told, data=data(of_stage)).properties(width=190, height=21 * len(names))
        header = alt.Header(title=None, labels=number == 0, labelFontSize=12.5, labelFontWeight="bold")
        rows.append(cell.facet(column=alt.Column("culture:N", sort=cultures, header=header), spacing=16))
    return titled(alt.vconcat(*rows, spacing=18), title, *below)


def losses(points: pl.DataFrame, title: str, *below: str) -> Chart:
    """How training went: losses by step, the held-out data's dashed and with points.

    Args:
        points: Columns data (training, held-out), step, loss (nats a token).
        title: What is seen.
        below: Of what, a line each.
    """
    names = list(KINDS)
    x = alt.X("step:Q", title="step of the optimizer", axis=alt.Axis(tickMinStep=1))
    y = alt.Y("loss:Q", title="mean loss of the assistant's tokens (nats)", scale=alt.Scale(zero=False, nice=True))
    colour = alt.Color("data:N", scale=alt.Scale(domain=names, range=[BLUE, VERMILLION]), legend=None)
    dash = alt.StrokeDash("data:N", scale=alt.Scale(domain=names, range=list(KINDS.values())), legend=None)
    base = alt.Chart(data(points)).encode(x=x, y=y, color=colour)
    lines = base.mark_line(size=1.8).encode(strokeDash=dash)
    held = alt.Chart(data(points.filter(data=names[1]))).encode(x=x, y=y, color=colour)
    marks = held.mark_point(filled=True, size=50, opacity=1, shape="square")
    last = points.sort("step").group_by("data", maintain_order=True).last().sort("loss", descending=True)
    # The upper line's name a little above its end, the other's below: they never meet.
    ends = [
        alt.Chart(data(last[number : number + 1]))
        .mark_text(align="left", dx=8, dy=shift, fontSize=11.5)
        .encode(x=x, y=y, text="data:N", color=colour)
        for number, shift in enumerate((-7, 7))
        if number < last.height
    ]
    chart = alt.layer(lines, marks, *ends).properties(width=560, height=300)
    return titled(chart, title, *below)


def runs(jobs: pl.DataFrame, title: str, *below: str) -> Chart:
    """What it took: a bar a rule and model, its time with a model and of loading it; number of jobs and cost beside it.

    Args:
        jobs: Columns rule, model, jobs, loading and working (seconds), cost (US dollars; null without a price).
        title: What is seen.
        below: Of what, a line each.
    """
    unit, placed = _in_unit(jobs)
    names = placed["name"].to_list()
    kinds = {"working": "asking or training", "loading": "loading the model"}
    stacked = placed.unpivot(list(kinds), index="name", variable_name="kind", value_name="time").with_columns(
        pl.col("kind").replace(kinds), order=pl.col("kind") == "loading"
    )
    most = 1.35 * _most(placed["total"])
    y = alt.Y("name:N", sort=names, title=None, axis=alt.Axis(ticks=False, domain=False, labelPadding=6))
    x = alt.X("time:Q", title=f"{unit} of all jobs together", scale=alt.Scale(domain=[0, most], nice=False))
    colour = alt.Color(
        "kind:N",
        scale=alt.Scale(domain=list(kinds.values()), range=[BLUE, LOST]),
        legend=alt.Legend(title=None, orient="top"),
    )
    bars = alt.Chart(data(stacked)).mark_bar(height=15, stroke=GREY, strokeWidth=0.5)
    told = alt.Chart(data(placed)).mark_text(align="left", dx=5, fontSize=10.5).encode(x="total:Q", y=y, text="told:N")
    layers = alt.layer(bars.encode(x=x, y=y, color=colour, order="order:Q"), told)
    return titled(layers.properties(width=430, height=24 * max(1, len(names))), title, *below)


def _in_unit(jobs: pl.DataFrame) -> tuple[str, pl.DataFrame]:
    """A unit of time that suits, and the jobs in it, the longest first; `told` is what stands beside a bar."""
    total = pl.col("loading") + pl.col("working")
    most = _most(jobs.select(total).to_series())
    unit, seconds = next((one for one in UNITS if most >= 2 * one[1]), UNITS[-1])
    number = pl.format("{} {}", "jobs", pl.when(pl.col("jobs") == 1).then(pl.lit("job")).otherwise(pl.lit("jobs")))
    cost = pl.format(", {} USD", pl.col("cost").round(2))
    placed = jobs.with_columns(
        pl.col("loading", "working") / seconds,
        name=pl.format("{} ({})", "rule", "model"),
        total=total / seconds,
        told=pl.when(pl.col("cost").is_null()).then(number).otherwise(pl.concat_str(number, cost)),
    )
    return unit, placed.sort("total", descending=True, maintain_order=True)


def _most(numbers: pl.Series) -> float:
    """The greatest number; 1 where there is none above 0."""
    return max(numbers.cast(pl.Float64).to_list(), default=0.0) or 1.0
