"""Time of the study's numbers at paper scale, on made-up answers and scorecards: `python tests/bench/study_numbers.py`.

One scorecard: 1,000 personas x 44 items, 20 methods, 10,000 replicates and permutations. One model's means over two
cultures, of three methods. All tables: seven models x five cultures x 20 methods, two languages.
"""

import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl

ROOT = Path(__file__).parents[2]
sys.path += [str(ROOT), str(ROOT / "tests/helpers")]

from made_up_study import answers  # noqa: E402
from scorecards import scorecard  # noqa: E402

from clca import artifacts, schemas  # noqa: E402
from clca.study import averages, tabulation  # noqa: E402
from clca.study.diagnosis import STATISTICS  # noqa: E402
from clca.study.scores import MEASURES  # noqa: E402
from clca.survey import card  # noqa: E402
from clca.survey.personas import draw  # noqa: E402
from clca.survey.summary import Summary, from_shares  # noqa: E402

MODELS = ["llama8b", "llama3b", "llama1b", "mistral7b", "qwen7b", "qwen1.5b", "qwen0.5b"]
OWN = {"china": "zh", "germany": "de", "uk": "en", "mexico": "es", "japan": "ja"}
TRAINED = ("dialogue_only", "intent_only", "clca_unfiltered", "clca_qwen32b", "gsm8k", "mathchat", "mathchat_joined")
TRAINED += ("wiki", "concepts")
SEEDED = [f"clca-seed{seed}" for seed in (42, 43, 44)] + [f"{name}-seed42" for name in TRAINED]
HEADLINE = ["persona", "cultural", "clca-seed42"]
MARGINALS = str(ROOT / "workflow/resources/wvs7_marginals.csv")
SCORED = {"weights": "none", "replicates": 10_000, "permutations": 10_000, "seed": 42, "code": "c"}


def abroad(culture: str) -> list[str]:
    return [f"clca-seed42@{origin}" for origin in OWN if origin != culture]


def people(folder: Path, culture: str) -> dict[str, str]:
    """Made-up respondents of a culture and 1,000 personas among them."""
    demographics = ROOT / "workflow/resources/demographics.csv"
    respondents, about = from_shares(MARGINALS, demographics, culture, [culture.upper()[:3]], 2000, 42)
    paths = {name: str(folder / f"{culture}.{name}.parquet") for name in ("respondents", "personas")}
    artifacts.write(respondents, paths["respondents"], schemas.Respondent)
    artifacts.write(draw(respondents, 1000, np.random.default_rng(42)), paths["personas"], schemas.Persona)
    paths |= {"summary": str(folder / f"{culture}.json"), "marginals": MARGINALS}
    artifacts.write_record(about, paths["summary"], Summary)
    return paths


def told(what: str, started: float) -> None:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{what:50}{time.perf_counter() - started:8.1f} s  peak {peak} MB", flush=True)


def answered(folder: Path, paths: dict[str, str], culture: str, methods: list[str]) -> list[str]:
    """Files of made-up answers."""
    ids, rng = pl.read_parquet(paths["personas"])["respondent"].to_list(), np.random.default_rng(1)
    found = [str(folder / f"{culture}.{name}.parquet") for name in methods]
    for name, path in zip(methods, found, strict=True):
        artifacts.write(answers(name, [None] if name == "cultural" else ids, rng), path, schemas.Answer)
    return found


def one_card(folder: Path, paths: dict[str, str]) -> None:
    methods = ["persona", "cultural", *SEEDED, *abroad("japan"), "a-seed1", "b-seed1"]
    files = answered(folder, paths, "japan", methods)
    artifacts.write_json({"revision": "r"}, folder / "model.json")
    given = paths | {"shipped": MARGINALS, "model": str(folder / "model.json"), "answers": files}
    output = {name: str(folder / f"card.{name}") for name in ("card", "meta")}
    params = SCORED | {
        "language": "en",
        "countries": [],
        "others": ["china"],
        "methods": methods,
        "reference": "persona",
    }
    started = time.perf_counter()
    card.build(given, output | {"item_scores": str(folder / "i.parquet")}, params, {"model": "m", "culture": "japan"})
    told(f"a scorecard of {len(methods)} methods", started)


def one_average(folder: Path, places: dict[str, dict[str, str]]) -> None:
    cultures = list(places)
    given: dict[str, list[str]] = {"answers": []}
    for culture in cultures:
        given["answers"] += answered(folder, places[culture], culture, HEADLINE)
    given |= {key: [places[one][key] for one in cultures] for key in ("respondents", "summary", "personas")}
    output = {name: str(folder / f"average.{name}.parquet") for name in ("scores", "contrasts")}
    params = SCORED | {"cultures": cultures, "marginals": [MARGINALS] * len(cultures), "methods": HEADLINE}
    started = time.perf_counter()
    averages.build(given, output, params | {"language": "en", "personas": None}, "m")
    told(f"means of {len(HEADLINE)} methods over {len(cultures)} cultures", started)


def all_tables(folder: Path) -> None:
    rng = np.random.default_rng(2)
    given: dict[str, list[str]] = {"cards": [], "diagnoses": [], "scores": [], "contrasts": []}
    for model in MODELS:
        for culture, language in OWN.items():
            kinds = {language: HEADLINE} | {"en": ["persona", "cultural", *SEEDED, *abroad(culture)]}
            for spoken, methods in kinds.items():
                values = {name: dict.fromkeys(MEASURES, float(rng.random())) for name in methods}
                pairs = [(name, "persona", metric, 0.1, 0.01) for name in methods[1:] for metric in MEASURES[:5]]
                path = str(folder / f"{model}.{culture}.{spoken}.json")
                artifacts.write_json(scorecard(model, culture, values, pairs, language=spoken), path)
                given["cards"].append(path)
            path = str(folder / f"{model}.{culture}.csv")
            looked = pl.DataFrame({"model": model, "culture": culture, "method": ["persona", *SEEDED]})
            artifacts.write_text(looked.with_columns(**dict.fromkeys(STATISTICS, pl.lit(0.5))).write_csv(), path)
            given["diagnoses"].append(path)
    params = {"models": MODELS, "cultures": list(OWN), "languages": list(OWN.values()), "data": []}
    params |= {"own_language": ["persona", "cultural", "clca"], "specificity": ["clca-seed42"]}
    given["published"] = [str(ROOT / "workflow/resources/published/paper_kl.csv")]
    started = time.perf_counter()
    tabulation.build(given | {key: [] for key in ("scenarios", "filtered", "intents")}, str(folder), params)
    told(f"all tables, of {len(given['cards'])} scorecards", started)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        all_tables(folder)
        places = {culture: people(folder, culture) for culture in ("japan", "mexico")}
        one_average(folder, places)
        one_card(folder, places["japan"])


if __name__ == "__main__":
    main()
