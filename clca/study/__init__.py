"""The study's tables, statistics and diagnostics."""

from clca import lazy

__getattr__, __dir__ = lazy.modules(globals())

METHOD_TABLES = ("main", "jsd", "kl", "emd", "accuracy", "objectives", "filter", "teacher", "controls", "prompting")
LANGUAGE_TABLES = ("languages", "languages_kl_paper")


def table_names(own_language: bool) -> tuple[str, ...]:
    """Names of the tables in `clca.study.tables`; those of languages only where there is a second one."""
    return METHOD_TABLES + LANGUAGE_TABLES * own_language
