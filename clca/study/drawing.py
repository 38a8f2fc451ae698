"""How figures look and become files: one palette, one theme, SVG and PNG without a browser.

The palette is Okabe and Ito's (2008), which people with any common colour blindness can tell apart; what a colour says
a shape, a dash or a label says too, so that figures can be read in grey. Scales of options are `cividis` (Nunez et al.
2018), whose lightness grows evenly, in grey as well.
"""

import json
import struct
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import altair as alt
import polars as pl
import vl_convert

from clca import artifacts

Chart = alt.Chart | alt.LayerChart | alt.HConcatChart | alt.VConcatChart | alt.FacetChart

BLUE, ORANGE, VERMILLION, GREEN, BLACK = "#0072B2", "#E69F00", "#D55E00", "#009E73", "#000000"
GREY, PALE = "#595959", "#767676"

CIVIDIS = ("#00224e", "#35456c", "#666970", "#948e77", "#c8b866", "#fee838")

PNG_SCALE = 2.0
"""Pixels of a PNG for each of an SVG: sharp at the width of a page."""

_FONT = "Liberation Sans, Arial, Helvetica, sans-serif"
_THEME: dict[str, Any] = {
    "font": _FONT,
    "background": "white",
    "padding": 10,
    "view": {"stroke": None},
    "axis": {
        "labelColor": "#222",
        "titleColor": "#222",
        "titleFontWeight": "normal",
        "labelFontSize": 11,
        "titleFontSize": 11,
        "gridColor": "#e5e5e5",
        "domainColor": "#888",
        "tickColor": "#888",
        "labelLimit": 460,
        "labelOverlap": True,
        "labelFlush": False,
    },
    "title": {"anchor": "start", "fontSize": 15, "subtitleFontSize": 11.5, "subtitleColor": "#444", "offset": 14},
    "header": {"labelFontSize": 11.5, "labelColor": "#222", "titleFontSize": 11.5},
    "legend": {
        "labelFontSize": 11,
        "titleFontSize": 11,
        "titleFontWeight": "normal",
        "labelLimit": 320,
        "titleLimit": 400,
    },
    "text": {"font": _FONT},
}


def data(frame: pl.DataFrame) -> alt.InlineData:
    """Rows as a chart holds them; NaN becomes null, numbers have six digits."""
    floats = pl.selectors.float()
    rows = frame.with_columns(floats.fill_nan(None).round(6)).to_dicts()
    return alt.InlineData(values=rows)


def titled(chart: Chart, title: str, *below: str) -> Chart:
    """The chart with a title that says what is seen, and lines below it that say of what."""
    return chart.properties(title=alt.TitleParams(title, subtitle=list(below)))


def spec(chart: Chart) -> dict[str, Any]:
    """The Vega-Lite specification in our theme: the same for the same data, wherever it is made."""
    made: dict[str, Any] = chart.to_dict()
    return made | {"config": _THEME}


def write(chart: Chart, paths: Sequence[str]) -> None:
    """Write a chart to each of `paths`, as SVG or PNG by its suffix.

    Raises:
        InputError: There is no room, or no permission.
    """
    svg = vl_convert.vegalite_to_svg(json.dumps(spec(chart)))
    for path in paths:
        if Path(path).suffix == ".svg":
            artifacts.write_text(svg, path)
        else:
            with artifacts.replacing(path) as partial:
                partial.write_bytes(packed(vl_convert.svg_to_png(svg, scale=PNG_SCALE)))


def packed(png: bytes) -> bytes:
    """The same picture in a quarter of the room: the converter hardly compresses."""
    head, place, pixels, chunks = png[:8], 8, b"", []
    while place < len(png):
        size = int.from_bytes(png[place : place + 4], "big")
        kind, content = png[place + 4 : place + 8], png[place + 8 : place + 8 + size]
        place += size + 12
        if kind == b"IDAT":
            pixels += content
            continue
        if kind == b"IEND":
            chunks.append((b"IDAT", zlib.compress(zlib.decompress(pixels))))
        chunks.append((kind, content))
    return head + b"".join(
        struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in chunks
    )


def draw(charts: Mapping[str, Chart], output: Mapping[str, Any]) -> None:
    """Write charts by name to the paths that have these names, one each or several."""
    for name, chart in charts.items():
        paths = output[name]
        write(chart, [paths] if isinstance(paths, str) else list(paths))
