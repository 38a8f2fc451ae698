# %% [markdown]
"""# A scorecard in a notebook

Read what a run made, and score answers against a culture's people, without the workflow. Run it as a script in the
repository's folder, or open it as a notebook (VS Code, PyCharm, Spyder, `jupytext --to notebook`):

    python examples/scorecard.py [RESULTS]

RESULTS is `results/demo` if nothing is named. Where `make demo` was not run yet, respondents are drawn from the
published shares and a method that needs no model answers for them: everything below stays the same.
"""

# %%
import sys
import tempfile
from pathlib import Path

import numpy as np
import polars as pl

import clca

SHARES = "workflow/resources/wvs7_marginals.csv"
CULTURE, MODEL = "japan", "smollm2"


def made_up(folder: Path) -> Path:
    """Artifacts as a run would leave them: people drawn from Japan's shares, and answers drawn from Germany's."""
    fields = clca.survey.respondents.demographics("workflow/resources/demographics.csv", CULTURE)
    people = clca.survey.respondents.marginals(SHARES, CULTURE)
    drawn = clca.survey.respondents.synthesise(people, fields, ["JPN"], CULTURE, 200, np.random.default_rng(1))
    clca.artifacts.write(drawn, folder / f"survey/{CULTURE}/respondents.parquet", clca.schemas.Respondent)
    rng, rows = np.random.default_rng(2), []
    for question, shares in clca.survey.respondents.marginals(SHARES, "germany").items():
        logprobs = np.log(np.maximum(shares, 1e-9)).tolist()
        for respondent in drawn["respondent"][:40]:
            option = int(rng.choice(len(shares), p=shares)) + 1
            rows.append(("persona", respondent, question, option, logprobs, 1.0))
    answers = pl.DataFrame(rows, schema=clca.schemas.Answer.dtypes(), orient="row")
    path = folder / f"{MODEL}/{CULTURE}/persona/answers.en.constrained.parquet"
    clca.artifacts.write(answers, path, clca.schemas.Answer)
    return folder


results = Path(sys.argv[1] if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else "results/demo")
if not results.joinpath(MODEL, CULTURE, "persona/answers.en.constrained.parquet").is_file():
    aside = tempfile.TemporaryDirectory()
    results = made_up(Path(aside.name))
    print("No run was found: these are made-up answers, drawn from Germany's published shares.\n")

# %% [markdown]
# ## What is there
# `clca.read` knows every artifact by its file's name and returns a polars frame, checked against its schema
# (`clca.schemas` describes each column).

# %%
answers = pl.concat(
    clca.read(path) for path in sorted(results.glob(f"{MODEL}/{CULTURE}/*/answers.en.constrained.parquet"))
)
respondents = clca.read(results / f"survey/{CULTURE}/respondents.parquet")
print(
    answers.group_by("method", maintain_order=True).agg(
        pl.len(), pl.col("respondent").n_unique(), pl.mean("option_mass")
    )
)

# %% [markdown]
# ## How close are the answers to the people's?
# The people are the published shares of options, by item. `headline` has a row a method, `items` a row a method and
# item. `cultural` has one prompt for all: what is expected of its probabilities is scored.

# %%
people = clca.survey.respondents.marginals(SHARES, CULTURE)
scores = clca.survey.score(answers, people, respondents)
with pl.Config(tbl_cols=-1, float_precision=3, tbl_width_chars=140):
    print(scores.headline)

# %% [markdown]
# ## Where are they farthest off?

# %%
questionnaire = clca.survey.questionnaire.load("config/questionnaire/en.yaml")
wording = {item.question: item.text.replace("\n", " ") for item in questionnaire.items}
farthest = scores.items.filter(method="persona").top_k(5, by="jsd")
for row in farthest.iter_rows(named=True):
    print(f"{row['question']:4} jsd {row['jsd']:.3f}  {wording[row['question']]}")

# %% [markdown]
# ## One question, side by side

# %%
question = farthest["question"][0]
chosen = answers.filter(method="persona", question=question)["option"].fill_null(0).to_numpy()
shares = clca.survey.metrics.shares_of(chosen, len(people[question]))
for option, (human, model) in enumerate(zip(people[question], shares, strict=False), start=1):
    there, here = "█" * round(25 * human), "█" * round(25 * model)
    print(f"{question} option {option}: people {human:6.1%} {there:25}  model {model:6.1%} {here}")

# %% [markdown]
# ## The whole scorecard, where there is one
# Its numbers as a table: a row a number, with intervals. `python -m clca show` prints it as people read it.

# %%
card = results / f"{MODEL}/{CULTURE}/wvs.json"
if card.is_file():
    numbers = clca.read(card).filter(metric="jsd", kind="method").select("method", "of", "value", "low", "high")
    print(numbers)
