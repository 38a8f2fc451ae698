"""What rules read of variants: which data each learns from, and which rule makes its examples."""

from clca import topics
from clca.config import CONTROLS

VARIANTS = config["variants"]


def teacher(name):
    """The model that a variant's dialogues are of: where it names none, that of `clca`."""
    return VARIANTS[name].get("teacher", VARIANTS["clca"]["teacher"])


def tasks(name):
    """What a variant learns to do; a control's task follows from its corpus."""
    corpus = VARIANTS[name]["corpus"]
    return [CONTROLS[corpus]] if corpus in CONTROLS else VARIANTS[name]["tasks"]


def whole(name):
    """Whether a variant learns from all that rule `examples` reads, as `clca` does; `variant_examples` makes the others."""
    of = VARIANTS[name]
    return of["corpus"] == "social" and of["filter"] and "intent" in of["tasks"]


def matched(name):
    """Whether a variant's data are matched with those of `clca`, because they are of another corpus."""
    return VARIANTS[name]["corpus"] != "social"


def variants(fact):
    """A constraint: the variants of which `fact` holds."""
    return "|".join(re.escape(name) for name in VARIANTS if fact(name)) or "(?!)"


def only(fact, path):
    """Input function: what `path` gives where `fact` holds of the variant, nothing where not."""

    def given(wildcards):
        if not fact(wildcards.variant):
            return []
        return path(wildcards) if callable(path) else path

    return given


def scenarios_of(culture, corpus):
    """The scenarios that a corpus' dialogues are played from."""
    name = "adapted" if corpus == "social" else corpus
    return f"<results>/data/{culture}/{name}_scenarios.jsonl"


def of_corpus(wildcards):
    """The same, of a job's corpus."""
    return scenarios_of(wildcards.culture, wildcards.corpus)


def variant_scenarios(wildcards):
    """The same, of a variant's."""
    return scenarios_of(wildcards.culture, VARIANTS[wildcards.variant]["corpus"])


def dialogues_of(file, unfiltered=None):
    """Input function: `file` among the dialogues that a variant learns from, `unfiltered` where it takes all of them."""

    def path(wildcards):
        name = wildcards.variant
        chosen = file if VARIANTS[name]["filter"] else unfiltered
        return f"<results>/data/{wildcards.culture}/{teacher(name)}/{VARIANTS[name]['corpus']}/{chosen}"

    return path


def variant(wildcards):
    """What a variant learns, and from whom; not its seeds, each of which has an adapter of its own.

    What is as it is of `clca` is left out, so that what is new for others changes nothing for it.
    """
    of = VARIANTS[wildcards.variant]
    kept = {"corpus": of["corpus"], "tasks": tasks(wildcards.variant)}
    if of["corpus"] not in CONTROLS:
        kept |= {"teacher": teacher(wildcards.variant)}
        kept |= {} if of["filter"] else {"filter": False}
    kept |= {"joined": of["joined"]} if of["joined"] > 1 else {}
    return canonical(kept)


def talked_about(wildcards):
    """The topics of a corpus, read beside the culture's file; null where they cannot be, which `require_topics` tells."""
    try:
        return canonical(
            topics.load(config["cultures"][wildcards.culture], wildcards.corpus)
        )
    except InputError:
        return canonical(None)


def require_topics():
    """Facts or concepts that a planned job needs are missed before anything runs, not after hours of the author's."""
    for job in workflow.dag.needrun_jobs():
        if job.rule.name == "topic_scenarios":
            topics.load(config["cultures"][job.wildcards.culture], job.wildcards.corpus)


def is_control(name):
    """Whether a variant learns from problems."""
    return VARIANTS[name]["corpus"] in CONTROLS


def is_dialogues(name):
    """Whether a variant learns from dialogues."""
    return not is_control(name)


def learns_intents(name):
    """Whether a variant learns what is meant."""
    return "intent" in tasks(name)


def problems_of(wildcards):
    """The problems of a control."""
    return f"<results>/data/controls/{VARIANTS[wildcards.variant]['corpus']}.jsonl"


def training_data(wildcards):
    """What the training reads: the examples, or of a variant what they are."""
    name = "examples.jsonl" if whole(wildcards.variant) else "training_data.json"
    return f"{TRAINED}/{name}".format(**wildcards)


def control(wildcards):
    """Where a control's problems come from: what is generated, or a user's file or the hub's."""
    source = dict(config["controls"][wildcards.control])
    if "path" in source or "source" in source:
        return canonical(
            {key: value for key, value in source.items() if key != "problems"}
        )
    return canonical(source | {"seed": config["seed"]})


def control_file(wildcards):
    """A control's file, if users gave one."""
    path = config["controls"][wildcards.control].get("path")
    return [] if path is None else path


def origin(wildcards):
    """Where a control's problems come from, as its card says it; None for dialogues."""
    if not is_control(wildcards.variant):
        return None
    source = config["controls"][VARIANTS[wildcards.variant]["corpus"]]
    if "path" in source:
        return Path(source["path"]).name
    if "source" in source:
        return f"{source['source']}, revision {source['revision']}"
    return "generated"


def matching(wildcards):
    """What of a student's training decides what is matched; nothing where nothing is."""
    if not matched(wildcards.variant):
        return None
    settings = settings_of(wildcards)
    kept = ("max_length", "batch_size", "accumulation")
    return canonical({key: settings[key] for key in kept})


def variant_code(wildcards):
    """Fingerprint of what decides a variant's examples."""
    control, other = is_control(wildcards.variant), matched(wildcards.variant)
    return code(
        "workflow/scripts/variant_examples.py",
        "clca/training/variants.py",
        *([] if control else EXAMPLES),
        *(
            ["clca/training/matching.py", "clca/training/masks.py", "clca/chat.py"]
            if other
            else []
        ),
    )


def trained_code(wildcards):
    """Fingerprint of what decides an adapter."""
    return code(
        *TRAINING,
        *([] if whole(wildcards.variant) else ["clca/training/variant_card.py"]),
    )


# What decides the examples of dialogues.
EXAMPLES = [
    "clca/training/examples.py",
    "clca/dialogues.py",
    "clca/prompts/__init__.py",
    "clca/prompts/en/train_*.j2",
]
TRAINING = [
    "workflow/scripts/adapter.py",
    "clca/training/finetune.py",
    "clca/training/labelled.py",
    "clca/training/watcher.py",
    "clca/training/masks.py",
    "clca/chat.py",
    "clca/training/card.py",
]
