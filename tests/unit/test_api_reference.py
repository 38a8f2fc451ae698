"""The API reference: the Makefile's command makes a page for every module without a warning, and loads no model."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

from without_models import forbid

ROOT = Path(__file__).parents[2]


def test_every_module_has_a_page_and_no_model_s_library_is_imported(tmp_path):
    command = re.search(
        r"^\tpython -m (pdoc .*) --output-directory docs/api clca$", (ROOT / "Makefile").read_text(), re.M
    )
    assert command, "the Makefile makes docs/api in another way"
    forbid(tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", *command[1].split(), "--output-directory", str(tmp_path / "api"), "clca"],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(tmp_path)])},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    modules = {path.relative_to(ROOT).with_suffix("") for path in ROOT.glob("clca/**/*.py")}
    named = {path.parent if path.name == "__init__" else path for path in modules if path.name != "__main__"}
    pages = {path.relative_to(tmp_path / "api").with_suffix("") for path in (tmp_path / "api").glob("clca/**/*.html")}
    assert pages | {Path("clca")} == named
    assert 'id="read"' in (tmp_path / "api/clca.html").read_text()
    assert "How far answers are from people" in (tmp_path / "api/clca/survey.html").read_text()


def test_the_linter_asks_for_the_docstrings_that_the_reference_is_made_of():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["ruff"]["lint"]
    assert "D1" in settings["select"]
    # Magic methods and constructors, which the class describes, are all that may lack one.
    assert {rule for rule in settings["ignore"] if rule.startswith("D")} == {"D105", "D107"}
    assert not any("clca" in path and "D1" in rules for path, rules in settings["per-file-ignores"].items())
