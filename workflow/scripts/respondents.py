"""Glue of rule `respondents`."""

from clca import artifacts, schemas
from clca.progress import start_logging
from clca.survey.summary import Summary, from_file, from_shares

start_logging(snakemake.log[0])
culture, given, params = snakemake.wildcards.culture, snakemake.input, snakemake.params
if params.file is None:
    respondents, about = from_shares(
        given.marginals, given.demographics, culture, params.countries, params.respondents, params.seed
    )
else:
    # The setting is checked here, early, and is no parameter: weights are kept anyway, so it reruns the scores alone.
    weights = snakemake.config["survey"]["weights"]
    respondents, about = from_file(params.file, culture, params.countries, weights)
artifacts.write(respondents, snakemake.output.respondents, schemas.Respondent)
artifacts.write_record(about, snakemake.output.summary, Summary)
