"""Looking at the workflow from outside: what its results are worth (`verify`), and what a run will cost (`planner`)."""

from clca import lazy

__getattr__, __dir__ = lazy.modules(globals())
