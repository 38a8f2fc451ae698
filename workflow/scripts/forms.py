"""Glue of rule `forms`."""

import polars as pl

from clca import artifacts, schemas
from clca.engines.journal import Journal
from clca.progress import start_logging
from clca.survey.forms import form_table, markdown

start_logging(snakemake.log[0])
given, params = snakemake.input, snakemake.params
tables = []
for method, journals in (("persona", params.zero_shot), ("cultural", params.zero_shot), ("clca", params.clca)):
    answers = [artifacts.read(path, schemas.Answer) for path in given[method]]
    rates = [Journal(path).rate() for path in journals]
    tables.append(
        form_table(method, dict(zip(params.forms, answers, strict=True)), dict(zip(params.forms, rates, strict=True)))
    )
table = pl.concat(tables)
artifacts.write(table, snakemake.output.table, schemas.FormComparison)
artifacts.write_text(markdown(table), snakemake.output.shown)
