"""Cultural Learning-Based Culture Adaptation (CLCA, ACL 2025) of language models.

The library knows nothing of the workflow that drives it: every stage is a function over polars frames and an engine,
so it can be used from a notebook as well. Importing `clca` is cheap: its modules are imported where they are first
named, and models are loaded where they are used.

```python
import clca

answers = clca.read("results/demo/smollm2/japan/persona/answers.en.constrained.parquet")
people = clca.survey.respondents.marginals("workflow/resources/wvs7_marginals.csv", "japan")
clca.survey.score(answers, people).headline
```
"""

import os
from typing import TYPE_CHECKING

from clca import lazy

if TYPE_CHECKING:
    import polars as pl

__version__ = "0.1.0"

__getattr__, __dir__ = lazy.modules(globals())


def read(path: str | os.PathLike[str]) -> "pl.DataFrame":
    """Read any artifact as a frame, checked against its schema, which is found by the file's name.

    Tables are their rows, described in `clca.schemas`. A scorecard (`wvs.json`) is its `Score` rows, a number each; any
    other record, such as `quality.json`, is one row.

    Args:
        path: A file of a results folder, such as `results/demo/smollm2/japan/wvs.json`.

    Raises:
        InputError: No artifact is called so, the file is missing or broken, or a row does not fit its schema.
    """
    from clca import reading

    return reading.read(path)
