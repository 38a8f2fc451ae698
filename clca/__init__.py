"""Cultural Learning-Based Culture Adaptation (CLCA, ACL 2025) of language models.

The library knows nothing of the workflow that drives it: every stage is a function over polars frames and an engine,
so it can be used from a notebook as well. Importing `clca` is cheap; models are loaded where they are used.
"""

__version__ = "0.1.0"
