"""Licences of what a study is made from, and what is to be cited, as far as we know them."""

from pathlib import Path
from typing import Any

PAPER = "https://arxiv.org/abs/2504.02953"
SURVEY = "https://doi.org/10.14281/18241.24"

CITED: dict[str, dict[str, str]] = {
    PAPER: {
        "name": "Cultural Learning-Based Culture Adaptation of Language Models",
        "author": "Liu, Chen Cecilia; Korhonen, Anna; Gurevych, Iryna",
        "datePublished": "2025",
    },
    SURVEY: {
        "name": "World Values Survey: Round Seven, Country-Pooled Datafile, version 6",
        "author": "Haerpfer, C., Inglehart, R., Moreno, A., Welzel, C., Kizilova, K., Diez-Medrano, J., Lagos, M., "
        "Norris, P., Ponarin, E., Puranen, B. et al. (eds.)",
        "datePublished": "2022",
    },
}

OURS = "https://spdx.org/licenses/Apache-2.0"
# Shipped with the workflow: written for it, or aggregates and numbers of others, which are cited.
SHIPPED: dict[str, dict[str, Any]] = {
    "workflow/resources/scenarios": {"license": OURS},
    "workflow/resources/demographics.csv": {"license": OURS},
    "config/questionnaire": {"license": OURS},
    "workflow/resources/wvs7_marginals.csv": {"citation": {"@id": SURVEY}},
    "workflow/resources/published": {"citation": {"@id": PAPER}},
}

# Of a model's licence as hubs name it, what has an entry of its own in SPDX's list.
SPDX = {"apache-2.0": "Apache-2.0", "mit": "MIT", "cc-by-4.0": "CC-BY-4.0", "cc-by-nc-4.0": "CC-BY-NC-4.0"}


def licence(path: str) -> dict[str, Any]:
    """What is known of a file's licence or source; nothing of a user's own."""
    return next((facts for place, facts in SHIPPED.items() if Path(path).is_relative_to(place)), {})


def of_model(facts: dict[str, Any]) -> dict[str, Any]:
    """A model's licence, as its file names it."""
    name = facts.get("license")
    if not name:
        return {"conditionsOfAccess": "Its licence is not recorded here; see the model's own page."}
    return {"license": f"https://spdx.org/licenses/{SPDX[name]}" if name in SPDX else name}
