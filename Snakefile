# CLCA: adapt a language model to a culture and score it against the World Values Survey.
#
#   adapted_scenarios -> dialogues -> judgements -> filtered -> intents -> examples -> adapter
#                                                                                        |
#   respondents -> personas ----------------------------------> answers  <---------------+
#                                                                  |
#   marginals, or a survey file ----------------------> wvs_scores (wvs.json)
#
# Paths, under <results> (`results`, or `results/demo` with config/demo.yaml):
#   <results>/data/{culture}/adapted_scenarios.jsonl
#   <results>/data/{culture}/{teacher}/{corpus}/{dialogues,judgements,filtered,intents}.jsonl, quality.json
#   <results>/data/{culture}/{wiki,concepts}_scenarios.jsonl, <results>/data/controls/{gsm8k,mathchat}.jsonl   for variants
#   <results>/survey/{culture}/{respondents,personas}.parquet, summary.json
#   <results>/{model}/{culture}/{variant}/seed{seed}/{examples.jsonl,adapter/}
#   <results>/{model}/{culture}/{method}/answers.{language}.{form}.parquet
#   <results>/{model}/{culture}/wvs.json, and wvs.{language}.json in other languages than English
#   <results>/data/{culture}/card.md, <results>/{model}/{culture}/card.md   on demand, rule `cards`
#   <results>/study/raters/{culture}.csv and .html
#   <results>/study/browser/{culture}.html
#   <results>/{model}/{culture}/figures/, <results>/study/figures/   rules `figures` and `study_figures`, for `make report`
#   <results>/study/{scorecards,averages,diagnostics,tables}/...   rule `study`
#   <results>/journal/...   every reply of a model; no rule's output, so that it survives reruns
from snakemake.utils import min_version

min_version("9.20")


configfile: "config/config.yaml"


# Built of envs/clca.def where a site wants Apptainer; not looked at without that.
container: "envs/clca.sif"


report: "workflow/report/workflow.rst"


include: "workflow/rules/common.smk"
include: "workflow/rules/common_models.smk"
include: "workflow/rules/common_variants.smk"
include: "workflow/rules/common_resources.smk"
include: "workflow/rules/common_survey.smk"
include: "workflow/rules/common_shards.smk"
include: "workflow/rules/common_study.smk"
include: "workflow/rules/common_browser.smk"
include: "workflow/rules/common_report.smk"
include: "workflow/rules/common_cards.smk"
include: "workflow/rules/models.smk"
include: "workflow/rules/terminal.smk"
include: "workflow/rules/lock.smk"
include: "workflow/rules/scenarios.smk"
include: "workflow/rules/controls.smk"
include: "workflow/rules/dialogues.smk"
include: "workflow/rules/training.smk"
include: "workflow/rules/survey.smk"
include: "workflow/rules/raters.smk"
include: "workflow/rules/browser.smk"
include: "workflow/rules/study.smk"
include: "workflow/rules/cards.smk"
include: "workflow/rules/shards.smk"
include: "workflow/rules/report.smk"


rule all:
    default_target: True
    input:
        scorecards(),
        quality_reports(),
