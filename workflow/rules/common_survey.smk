"""What rules read of the survey: its files or published shares, its questionnaires, the cultures in it."""

from clca.config import survey_files
from clca.survey import SHIPPED_MARGINALS

QUESTIONNAIRES = sorted(
    str(path.relative_to(ROOT)) for path in ROOT.glob("config/questionnaire/*.yaml")
)
SHIPPED = ["china", "germany", "uk", "mexico", "japan"]
# The scorecard's `clca` is the first seed of that variant.
SEED = config["variants"]["clca"]["seeds"][0]
ANSWERING = [
    "clca/survey/answers.py",
    "clca/survey/parsing.py",
    "clca/survey/personas.py",
    "clca/survey/questionnaire.py",
    "clca/chat.py",
]
# Forms that are answered in one load of a model; any other has a job of its own.
FORMS = config["survey"]["forms"]
TOGETHER = "+".join(FORMS)
OTHER_FORMS = (
    "|".join(sorted({"constrained", "free_text", "reversed"} - set(FORMS))) or "(?!)"
)
# The table of forms has the headline's and what else is answered, at least free text.
COMPARED = ["constrained", *sorted(set(FORMS) - {"constrained"} or {"free_text"})]


def in_forms(path):
    """A path in each form that is answered in one load."""
    return collect(path, form=FORMS, allow_missing=True)


def compared(path):
    """A path in each form that the table compares."""
    return collect(path, form=COMPARED, allow_missing=True)


def questionnaire(wildcards):
    """Content of a language's questionnaire, comments left out."""
    return code(f"config/questionnaire/{wildcards.language}.yaml")


def countries(wildcards):
    """The survey's codes for a culture."""
    return list(CULTURES[wildcards.culture].countries)


def marginals(wildcards):
    """Published shares of a culture: a file of its own, or the study's."""
    return CULTURES[wildcards.culture].marginals or config["survey"]["marginals"]


def demographics(wildcards):
    """Shares of the persona fields of a culture: a file of its own, or the study's."""
    return CULTURES[wildcards.culture].demographics or config["survey"]["demographics"]


def survey_file(wildcards):
    """The survey file with a culture's people: one of its own, or the study's; None where shares stand in."""
    return CULTURES[wildcards.culture].survey_file or config["survey"].get("file")


def read_files(wildcards):
    """What is read of the survey file; nothing without one."""
    return survey_files(survey_file(wildcards))


def without_file(value):
    """What only synthetic respondents depend on: with a survey file, changing it reruns nothing."""

    def told(wildcards):
        return None if survey_file(wildcards) else value

    return told


def respondents_code(wildcards):
    """Fingerprint of what reads a survey file, or of what draws people from shares."""
    source = "wvs*.py" if survey_file(wildcards) else "respondents.py"
    return code(
        "workflow/scripts/respondents.py",
        "clca/survey/summary.py",
        f"clca/survey/{source}",
    )


def published_marginals(wildcards):
    """Shares that stand in for the respondents' answers; none with a survey file."""
    return [] if survey_file(wildcards) else marginals(wildcards)


def published_demographics(wildcards):
    """Shares that stand in for the respondents' persona fields; none with a survey file."""
    return [] if survey_file(wildcards) else demographics(wildcards)


def card_language(wildcards):
    """The language that a scorecard's answers were given in; `wvs.json` is the English one."""
    return getattr(wildcards, "language", "en")


def names(wildcards):
    """What the survey's prompts know of a culture."""
    file = CULTURES[wildcards.culture]
    return canonical({"name": file.name, "people": file.people})


def others(wildcards):
    """The shipped cultures that the yardstick `other_cultures` is the mean of."""
    return [name for name in SHIPPED if name != wildcards.culture]
