"""What the report's rules read: captions, places in the report, what took time."""

from clca.audit.measured import patterns
from clca.config import placeless

FIGURES = "<results>/{model}/{culture}/figures"
STUDY_FIGURES = f"{STUDY}/figures"
PAGES = ["clca/study/pages.py", "clca/html.py", "clca/study/templates/table.html.j2"]


def reported(path, caption, category, subcategory=None, **labels):
    """A file for the report: its caption, where it stands there, and what it is called."""
    return report(
        path,
        caption=f"../report/{caption}.rst",
        category=category,
        subcategory=subcategory,
        labels=labels,
    )


def drawn(path, *place, **labels):
    """A figure: an SVG for the report, and the same as PNG beside it."""
    return [reported(f"{path}.svg", *place, **labels), f"{path}.png"]


def culture_figures():
    """All figures of every model and culture of the study."""
    return collect(
        f"{FIGURES}/{{name}}.svg",
        model=STUDIED["models"],
        culture=STUDIED["cultures"],
        name=["scorecard", "answers", "movement", "losses"],
    )


def scenarios_learnt():
    """Each culture's scenarios that `clca` learns from."""
    return [
        scenarios_of(culture, VARIANTS["clca"]["corpus"])
        for culture in STUDIED["cultures"]
    ]


def learnt_from(file):
    """A file of each culture's dialogues that `clca` learns from."""
    return [
        f"<results>/data/{culture}/{teacher('clca')}/{VARIANTS['clca']['corpus']}/{file}"
        for culture in STUDIED["cultures"]
    ]


def shown_tables():
    """The study's tables that are shown as pages."""
    names = [path.rpartition("/")[2] for path in study_tables()]
    return [
        *(name.removesuffix(".md") for name in names if name.endswith(".md")),
        "power",
    ]


def timed_rules(wildcards):
    """Rules that run a model, by the patterns of their files, without places."""
    return placeless(canonical(patterns(workflow)), config["pathvars"])
