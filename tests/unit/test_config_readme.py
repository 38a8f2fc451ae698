"""config/README.md against the schema and the configurations: every key is explained, and with its real value."""

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
from snakemake.utils import update_config, validate

from clca.config import check
from clca.culture import load

ROOT = Path(__file__).parents[2]
SCHEMA = yaml.safe_load((ROOT / "workflow/schemas/config.schema.yaml").read_text())
README = (ROOT / "config/README.md").read_text()
# Files that a recipe shows, by the name in their first line: of `my.yaml` there are many.
SNIPPETS = re.findall(r"```yaml\n# (\S+)\n(.*?)```", README, re.DOTALL)
MINE = [text for name, text in SNIPPETS if name == "my.yaml"]


def walk(schema: dict[str, Any], at: str = "") -> dict[str, dict[str, Any]]:
    """All keys below a schema, with their parts of it; `*` stands for a name that users give."""
    parts = dict(schema.get("properties", {}))
    if isinstance(schema.get("additionalProperties"), dict):
        parts["*"] = schema["additionalProperties"]
    found: dict[str, dict[str, Any]] = {}
    for name, part in parts.items():
        path = f"{at}.{name}".lstrip(".")
        # One table explains the sampling of all stages.
        found[re.sub(r"^\w+\.sampling\.", "sampling.", path)] = part
        found |= walk(part, path)
    return found


def tables() -> list[dict[str, str]]:
    """The rows of all tables of keys, by the header's names."""
    rows, header = [], []
    for line in README.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("|") else []
        if not cells:
            header = []
        elif not header:
            header = cells
        elif header[0] == "key" and not cells[0].startswith("---"):
            rows.append(dict(zip(header, cells, strict=True)))
    return rows


def configuration(*names: str) -> dict[str, Any]:
    """The configuration with its defaults, as rules see it."""
    config: dict[str, Any] = {}
    for name in ("config.yaml", *names):
        update_config(config, yaml.safe_load((ROOT / "config" / name).read_text()))
    validate(config, str(ROOT / "workflow/schemas/config.schema.yaml"))
    return config


KEYS = walk(SCHEMA)
ROWS = tables()


def keyed(column: str) -> dict[str, str]:
    """What a column says, by key, where there is such a column."""
    return {row["key"].strip("`"): row[column] for row in ROWS if column in row}


def told(cell: str) -> Any:
    """The value in a cell: YAML in backticks."""
    assert re.fullmatch(r"`[^`]+`", cell), cell
    return yaml.safe_load(cell.strip("`"))


def test_the_schema_is_walked_to_its_leaves():
    assert {"seed", "pathvars.logs", "models.*.source", "cultures.*", "families.*", "sampling.min_p"} <= set(KEYS)
    assert len(KEYS) > 80


def test_every_key_of_the_schema_is_named():
    assert [key for key in KEYS if f"`{key}`" not in README] == []


def test_every_key_but_sections_has_one_row_in_a_table():
    sections = {key for key in KEYS if any(other.startswith(f"{key}.") for other in KEYS)}
    documented = Counter(row["key"].strip("`") for row in ROWS)
    assert documented == Counter(set(KEYS) - sections)


def test_no_key_of_a_table_is_unknown_to_the_schema():
    assert [row["key"] for row in ROWS if row["key"].strip("`") not in KEYS] == []


@pytest.mark.parametrize(("column", "names"), [("study", ()), ("demo", ("demo.yaml",))])
def test_values_are_those_of_the_configurations(column: str, names: tuple[str, ...]):
    config = configuration(*names)
    wrong = {}
    for key, study in keyed("study").items():
        value: Any = config
        for part in key.split("."):
            value = value[part]
        said = told(keyed(column)[key] or study)
        if key.endswith(".sampling"):
            said = {name: KEYS[f"sampling.{name}"]["default"] for name in value} | said
        if said != value:
            wrong[key] = (said, value)
    assert wrong == {}


def test_defaults_are_those_of_the_schema():
    for key, cell in keyed("default").items():
        if cell == "none":
            assert "default" not in KEYS[key], key
        elif cell != "required":
            assert told(cell) == KEYS[key]["default"], key


@pytest.fixture
def recipes(tmp_path, monkeypatch) -> Path:
    """A folder in which the files that recipes show and those that they build on are there."""
    (tmp_path / "config/cultures").mkdir(parents=True)
    for path in (ROOT / "config/cultures").glob("*.yaml"):
        (tmp_path / "config/cultures" / path.name).symlink_to(path)
    for name, text in SNIPPETS:
        if name != "my.yaml":
            (tmp_path / name).write_text(text)
    for survey in (yaml.safe_load(text).get("survey", {}) for text in MINE):
        if "file" in survey:
            (tmp_path / survey["file"]).parent.mkdir(exist_ok=True)
            (tmp_path / survey["file"]).touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("base", [(), ("demo.yaml",)], ids=["study", "demo"])
@pytest.mark.parametrize("text", MINE, ids=[" ".join(yaml.safe_load(text)) for text in MINE])
def test_a_recipe_passes_on_top_of_either_configuration(text: str, base: tuple[str, ...], recipes: Path):
    config = configuration(*base)
    update_config(config, yaml.safe_load(text))
    check(config, SCHEMA)


def test_the_culture_of_the_recipe_is_a_culture(recipes: Path):
    assert load("config/cultures/utopia.yaml").marginals == "config/cultures/utopia_marginals.csv"
