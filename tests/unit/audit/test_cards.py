"""The cards of data and of adapted models."""

import polars as pl
import pytest
from scorecards import scorecard

from clca.audit.cards import Played, Writer, cell, data_card, model_card
from clca.quality import LIMITS


@pytest.fixture
def played(utterance_rows) -> Played:
    """Two dialogues played, one kept, with an intent that is cultural and a turn without one."""
    kept, all_rows = utterance_rows("s1"), [*utterance_rows("s1"), *utterance_rows("s2")]
    intents = [
        {"scenario_id": "s1", "take": 1, "turn": 1, "intent": "to greet", "relation": "cultural"},
        {"scenario_id": "s1", "take": 1, "turn": 2, "intent": None, "relation": None},
    ]
    dropped = pl.DataFrame({"scenario_id": ["s2"], "take": [1], "reason": ["cut off"]})
    quality = {
        "measures": {name: {"share": 0.25} for name in LIMITS},
        "limits": dict.fromkeys(LIMITS, 0.5),
        "above": "names = <b>0.9</b> is above",
    }
    return Played("llama70b", pl.DataFrame(all_rows), dropped, pl.DataFrame(kept), pl.DataFrame(intents), quality)


def test_a_data_card_counts_from_scenarios_to_cultural_intents(played: Played, scenario_row):
    rows = [scenario_row("s1"), scenario_row("s2") | {"source": "norm", "source_id": "culturebank-reddit-812"}]
    facts = {"name": "owner/na|me", "revision": "abc", "license": None}
    writers = [Writer("author", "gpt4", facts), Writer("judge", "gpt4", facts | {"license": "mit"})]
    text = data_card("japan", "Japan", writers, pl.DataFrame(rows), [played])
    for line in (
        "| scenarios | 2 |",
        "| dialogues played | 2 |",
        "| dropped: cut off | 1 |",
        "| dialogues kept | 1 |",
        "| turns in them | 2 |",
        "| intents of turns | 1 |",
        "| of them cultural | 1 |",
        "| near duplicates | 0.250, 0.5 |",
        "| author | `gpt4`: owner/na\\|me | `abc` | see the model's own page |",
        "| judge | `gpt4`: owner/na\\|me | `abc` | mit |",
        "| 1 | seed scenarios of this repository | Apache-2.0 |",
        "| 1 | culturebank, a copy of the user's | MIT |",
    ):
        assert line in text.splitlines()
    assert "&lt;b\\>0.9" in text


def test_a_model_card_is_training_s_with_scores_before_its_settings():
    record = scorecard(
        "llama8b", "japan", {"persona": {"jsd": 0.5}, "clca": {"jsd": 0.4}}, [("persona", "clca", "jsd", 0.1, 0.02)]
    )
    text = model_card("# Adapted\n\n## Losses\n\n1.0\n\n## Hyperparameters\n\nrank 8\n", record)
    assert text.index("## Losses") < text.index("## Scores") < text.index("## Hyperparameters") < text.index("rank 8")
    assert "llama8b against japan: 1000 personas" in text
    # clca minus persona, whichever way the comparison was made.
    assert "| jsd | -0.1000 | 0.0200 | 0.0200 |" in text
    assert "Weights: `sha256:1`" in text


def test_what_others_wrote_is_one_line_without_markup():
    assert cell("a|b\n# *c* <script>") == "a\\|b # \\*c\\* &lt;script\\>"
