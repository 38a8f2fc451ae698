"""What the study's rules read: which methods a scorecard has, in which language, of how many personas."""

from clca.study import table_names

STUDIED = config["study"]
STUDY = "<results>/study"
REFERENCE = "persona"
PAPER = "workflow/resources/published"
PUBLISHED = sorted(str(path.relative_to(ROOT)) for path in ROOT.glob(f"{PAPER}/*.csv"))
OWN = {name: CULTURES[name].language for name in STUDIED["cultures"]}
# Methods are asked of all personas; reasoning, which is long, of the first few, and what it is compared with is scored
# on these too.
FEW = ["persona", "cultural", "anthropological"]
SCORING = [
    "clca/survey/respondents.py",
    "clca/survey/summary.py",
    "clca/survey/metrics.py",
    "clca/survey/statistics.py",
    "clca/survey/evidence.py",
    "clca/survey/scorecard.py",
]


def seeded(variant, every=False):
    """A variant's methods, one a seed; the first alone unless `every` is asked for."""
    seeds = config["variants"][variant]["seeds"]
    return [f"{variant}-seed{seed}" for seed in (seeds if every else seeds[:1])]


def named(methods):
    """Methods of the configuration as their folders are called."""
    return [
        name
        for method in methods
        for name in (seeded(method) if method in STUDIED["variants"] else [method])
    ]


def common(own, sample):
    """The methods that every culture has; `own`, when asked in its own language."""
    asked = ["persona", *STUDIED["own_language"]] if own else FEW
    if sample == "few":
        return [name for name in FEW if name in asked]
    if own:
        rest = [name for name in asked if name not in ("persona", "anthropological")]
        return ["persona", *named(rest)]
    variants = [name for one in STUDIED["variants"] for name in seeded(one, every=True)]
    return ["persona", "cultural", *variants]


def abroad(culture):
    """Adapters of the other cultures that answer as this one's people."""
    return [
        f"{name}@{origin}"
        for variant in STUDIED["specificity"]
        for name in seeded(variant)
        for origin in STUDIED["cultures"]
        if origin != culture
    ]


def scored(wildcards):
    """The methods of a scorecard."""
    if wildcards.sample == "few" or wildcards.language != "en":
        return common(wildcards.language != "en", wildcards.sample)
    return common(False, "all") + abroad(wildcards.culture)


def few(wildcards):
    """How many personas are scored, where they are not all."""
    return (
        config["survey"]["anthropological_personas"]
        if wildcards.sample == "few"
        else None
    )


def answers_of(culture, methods, language, form="constrained"):
    """The answers of methods of `{model}` as people of a culture."""
    return [
        f"<results>/{{model}}/{culture}/{method}/answers.{language}.{form}.parquet"
        for method in methods
    ]


def scored_answers(wildcards):
    """The answers that a scorecard is made of."""
    found = answers_of(wildcards.culture, scored(wildcards), wildcards.language)
    return expand(found, model=wildcards.model)


def language(asked, culture):
    """The language of the answers: English, or the culture's own."""
    return OWN[culture] if asked == "own" else "en"


def averaged(wildcards):
    """The methods that are averaged over cultures."""
    return common(wildcards.asked == "own", wildcards.sample)


def averaged_answers(wildcards):
    """All cultures' answers, culture by culture, methods in their order."""
    return [
        path
        for name in STUDIED["cultures"]
        for path in expand(
            answers_of(name, averaged(wildcards), language(wildcards.asked, name)),
            model=wildcards.model,
        )
    ]


def diagnosed(wildcards):
    """Methods whose answers are looked at."""
    reasoned = [name for name in STUDIED["baselines"] if name == "anthropological"]
    return common(False, "all") + reasoned


def turned(wildcards):
    """Those of them that were asked with the options last first, too."""
    return named(STUDIED["reversed"])


def diagnosed_answers(wildcards):
    found = answers_of(wildcards.culture, diagnosed(wildcards), "en")
    return expand(found, model=wildcards.model)


def turned_answers(wildcards):
    found = answers_of(wildcards.culture, turned(wildcards), "en", "reversed")
    return expand(found, model=wildcards.model)


class Of:
    """Wildcards of one culture, for input functions that are asked of all cultures."""

    def __init__(self, culture):
        self.culture = culture


# Shares that stand in for people's answers, culture by culture; none where people are in a survey file.
STANDING_IN = [published_marginals(Of(name)) or None for name in STUDIED["cultures"]]
MARGINALS = list(dict.fromkeys(path for path in STANDING_IN if path))
PEOPLE = {
    kind: collect(
        f"<results>/survey/{{culture}}/{kind}.{suffix}", culture=STUDIED["cultures"]
    )
    for kind, suffix in {
        "respondents": "parquet",
        "summary": "json",
        "personas": "parquet",
    }.items()
}


def computing(amount):
    """Resource function of a job without a model: as much again with each attempt."""

    def needed(wildcards, attempt):
        return attempt * amount

    return needed


# In English all methods, and in cultures' own languages some; each of all personas or of few.
SAMPLES = [("en", "all")]
if "anthropological" in STUDIED["baselines"]:
    SAMPLES.append(("en", "few"))
if set(STUDIED["own_language"]) - {"anthropological"}:
    SAMPLES.append(("own", "all"))
if "anthropological" in STUDIED["own_language"]:
    SAMPLES.append(("own", "few"))


def cards():
    """The study's scorecards; a culture whose own language is English has one for both."""
    kinds = dict.fromkeys(
        (culture, language(asked, culture), sample)
        for asked, sample in SAMPLES
        for culture in STUDIED["cultures"]
    )
    return [
        f"{STUDY}/scorecards/{model}/{culture}.{spoken}.{sample}.json"
        for model in STUDIED["models"]
        for culture, spoken, sample in kinds
    ]


def averages(kind):
    """Summaries over cultures, where there are several."""
    return [
        f"{STUDY}/averages/{model}.{asked}.{sample}.{kind}.parquet"
        for model in STUDIED["models"]
        for asked, sample in SAMPLES
        if len(STUDIED["cultures"]) > 1
    ]


def diagnoses():
    return [
        f"{STUDY}/diagnostics/{model}/{culture}.methods.csv"
        for model in STUDIED["models"]
        for culture in STUDIED["cultures"]
    ]


# The paper's Table 9 is of its social dialogues: whose, and of which culture.
PLAYED = [
    [played_by, "social", culture]
    for played_by in dict.fromkeys(
        teacher(name)
        for name in STUDIED["variants"]
        if VARIANTS[name]["corpus"] == "social"
    )
    for culture in STUDIED["cultures"]
]


def scenarios_played():
    """The scenarios of all that was played for the study."""
    return [
        f"<results>/data/{culture}/adapted_scenarios.jsonl" for *_, culture in PLAYED
    ]


def played(file):
    """A file of all that was played for the study."""
    return [
        f"<results>/data/{culture}/{teacher}/{corpus}/{file}"
        for teacher, corpus, culture in PLAYED
    ]


def study_tables():
    """All files of the study's tables."""
    names = [
        *table_names(bool(STUDIED["own_language"])),
        "data",
        "diagnostics",
        *["specificity"] * (specific() != []),
    ]
    files = [f"{name}.{suffix}" for name in names for suffix in ("csv", "md", "tex")]
    files += ["specificity_tests.csv"] * (specific() != [])
    return [f"{STUDY}/tables/{file}" for file in files]


def specific():
    """The methods whose adapters are tried on all cultures' people."""
    several = len(STUDIED["cultures"]) > 1
    return [
        method
        for variant in STUDIED["specificity"]
        for method in seeded(variant)
        if several
    ]
