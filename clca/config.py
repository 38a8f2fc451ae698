"""Checking of the configuration: mistakes are told in one line that names the key, the value and what is allowed."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match

from clca.errors import InputError

TASKS = ("perspective", "intent")
"""What is learnt from dialogues."""

CONTROLS = {"gsm8k": "single_turn", "mathchat": "multi_turn"}
"""Corpora of problems, and the task that an example of each is."""


def check(config: Mapping[str, Any], schema: Mapping[str, Any]) -> None:
    """Check `config` against the JSON schema and its names against each other.

    Raises:
        InputError: One line with the first mistake found.
    """
    error = best_match(Draft202012Validator(schema).iter_errors(config))
    if error is not None:
        raise InputError(f"config: {_sentence(error)}")
    for key, names, catalogue in _references(config):
        for name in names:
            if name not in config[catalogue]:
                raise InputError(
                    f"config: {key} = {name!r} is not under `{catalogue}`; {_allowed(name, config[catalogue])}"
                )
    if not any(config["scenarios"].get(key) for key in ("seeds", "norms", "sources")):
        raise InputError("config: scenarios.seeds and scenarios.norms are both 0; there is nothing to play, raise one")
    _check_sources(config["scenarios"].get("sources", []))
    _check_methods(config["study"])
    _check_variants(config["variants"])
    _check_controls(config.get("controls", {}))
    _check_survey(config["survey"])
    _check_models(config)
    _check_families(config.get("families", {}), schema)
    _check_gpus(config, schema)
    for culture, path in config["cultures"].items():
        if not Path(path).is_file():
            raise InputError(
                f"config: cultures.{culture} = {path!r}: no such file; write one like config/cultures/japan.yaml"
            )


def survey_files(name: str | None) -> list[str]:
    """The files that `survey.file` stands for: of WorldValuesBench's pair both, none where no file is named."""
    if name is None:
        return []
    path = Path(name)
    if path.is_dir():
        return sorted(map(str, path.glob("*.tsv"))) or [name]
    pair = path.parent.glob("*_qa.tsv") if path.name.endswith("_qa.tsv") else []
    return sorted({name, *map(str, pair)})


def canonical(value: Any) -> str:
    """`value` as one JSON line with sorted keys: what Snakemake compares as a parameter."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def placeless(text: str, folders: Mapping[str, str]) -> str:
    """Canonical text with the names of `folders` instead of the folders: a report prints parameters."""
    for folder, name in _places(folders):
        text = text.replace(folder, name)
    return text


def placed(text: str, folders: Mapping[str, str]) -> str:
    """The text of which `placeless` made this one."""
    for folder, name in _places(folders):
        text = text.replace(name, folder)
    return text


def _places(folders: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """How a string in JSON begins that is a path in a folder, or a pattern of one, and what stands for it."""
    for name, folder in folders.items():
        place = folder.rstrip("/")
        yield f"{canonical(re.escape(place))[:-1]}/", f'"<pattern:{name}>/'
        yield f"{canonical(place)[:-1]}/", f'"<{name}>/'


def _references(config: Mapping[str, Any]) -> Iterable[tuple[str, Iterable[str], str]]:
    """Names that must stand in a catalogue: key, names, catalogue."""
    yield "study.models", config["study"]["models"], "models"
    yield "study.cultures", config["study"]["cultures"], "cultures"
    yield "study.variants", config["study"].get("variants", []), "variants"
    yield "author", [config["author"]], "models"
    yield "judge", [config["judge"]], "models"
    yield "scenarios.total", config["scenarios"].get("total", {}), "cultures"
    for index, source in enumerate(config["scenarios"].get("sources", [])):
        yield f"scenarios.sources.{index}.names", source.get("names", {}), "cultures"
    for name, variant in config["variants"].items():
        if "teacher" in variant:
            yield f"variants.{name}.teacher", [variant["teacher"]], "models"


def _check_methods(study: Mapping[str, Any]) -> None:
    """What is asked in other ways is among what is asked at all; persona and cultural always are."""
    variants = study.get("variants", ["clca"])
    methods = list(dict.fromkeys(["persona", "cultural", *study.get("baselines", []), *variants]))
    for key, known in (("own_language", methods), ("reversed", methods), ("specificity", variants)):
        for name in study.get(key, []):
            if name not in known:
                kind = "variants" if known is variants else "methods"
                raise InputError(f"config: study.{key} = {name!r} is not among its {kind}; {_allowed(name, known)}")


def _check_models(config: Mapping[str, Any]) -> None:
    """Students have weights, and who caps spending says what tokens cost."""
    for name in config["study"]["models"]:
        if config["models"][name].get("engine") == "openai":
            raise InputError(
                f"config: study.models = {name!r} is a hosted model (engine openai) and cannot be trained; "
                "name it as author, judge or teacher"
            )
    for name, model in config["models"].items():
        if "spending_cap" in model and "price" not in model:
            raise InputError(
                f"config: models.{name}.spending_cap needs a price; add models.{name}.price with input and output, in "
                "US dollars per million tokens"
            )


def _check_families(families: Mapping[str, Any], schema: Mapping[str, Any]) -> None:
    """A family's settings are training settings."""
    training = {"$ref": "#/properties/training", **{k: v for k, v in schema.items() if k in ("$defs", "properties")}}
    for family, overrides in families.items():
        error = best_match(Draft202012Validator(training).iter_errors(overrides))
        if error is not None:
            error.path.extendleft([family, "families"])
            raise InputError(f"config: {_sentence(error)}")


def _check_gpus(config: Mapping[str, Any], schema: Mapping[str, Any]) -> None:
    """The GPUs that train together can share a step's batches evenly, in every family."""
    defaults = {key: part.get("default") for key, part in schema["properties"]["training"]["properties"].items()}
    for family, overrides in {"": {}, **config.get("families", {})}.items():
        settings = defaults | config["training"] | overrides
        if settings["accumulation"] % settings["gpus"]:
            raise InputError(
                f"config: {f'families.{family}' if family else 'training'}: accumulation = {settings['accumulation']} "
                f"cannot be shared by gpus = {settings['gpus']}; a step must see the same examples: make it a multiple"
            )


def _check_survey(survey: Mapping[str, Any]) -> None:
    """The survey's file is there, and weights are asked for with a file alone."""
    name, weights = survey.get("file"), survey.get("weights", "none")
    if name is None and weights != "none":
        raise InputError(
            f"config: survey.weights = {weights!r}, but published shares have no weights; name a survey.file, or write "
            "none"
        )
    if name is not None and not (Path(name).is_file() or Path(name).is_dir()):
        raise InputError(f"config: survey.file = {name!r}: no such file; config/README.md says where to fetch it")


def _check_variants(variants: Mapping[str, Any]) -> None:
    """Variants learn from what their corpus has; what others are compared with is all there."""
    clca = variants["clca"]
    if "teacher" not in clca:
        raise InputError("config: variants.clca lacks the key `teacher`, which is also that of variants without one")
    if clca.get("corpus", "social") != "social" or not clca.get("filter", True):
        key = "filter" if clca.get("corpus", "social") == "social" else "corpus"
        raise InputError(
            f"config: variants.clca.{key} = {clca[key]!r}, but others are compared with clca on filtered social "
            "dialogues; give yours a name of its own"
        )
    for name, variant in variants.items():
        corpus, key = variant.get("corpus", "social"), f"config: variants.{name}"
        if corpus in CONTROLS:
            # The schema's defaults may be filled in already.
            for part, default in (("teacher", None), ("filter", True), ("tasks", [*TASKS])):
                if variant.get(part, default) != default:
                    raise InputError(
                        f"{key}.{part} = {variant[part]!r}, but {corpus} is a corpus of problems, learnt as they are; "
                        "leave it out"
                    )
        if variant.get("joined", 1) > 1 and corpus != "mathchat":
            raise InputError(f"{key}.joined = {variant['joined']}: {corpus} is not joined; allowed: with mathchat")


def _check_controls(controls: Mapping[str, Any]) -> None:
    """Problems are generated, or a file's, or the hub's; of the hub's the commit and the file are known."""
    for name, control in controls.items():
        key = f"config: controls.{name}"
        if "path" in control and "source" in control:
            raise InputError(f"{key} has a path and a source; name one of them")
        if "path" in control and not Path(control["path"]).is_file():
            raise InputError(f"{key}.path = {control['path']!r}: no such file; give your own copy of the corpus")
        for part in ("revision", "file"):
            if ("source" in control) != (part in control):
                lacking, given = (part, "source") if "source" in control else ("source", part)
                raise InputError(f"{key} has a {given} and lacks the key `{lacking}`; a data set of the hub needs both")


def _check_sources(sources: Sequence[Mapping[str, Any]]) -> None:
    """Corpora of scenarios: their files are there, and no two of them can draw the same row."""
    for index, source in enumerate(sources):
        key = f"config: scenarios.sources.{index}"
        for name in ("path", "agents"):
            if name in source and not Path(source[name]).is_file():
                raise InputError(f"{key}.{name} = {source[name]!r}: no such file; give your own copy of the corpus")
        if "agents" in source and source["kind"] != "sotopia":
            raise InputError(f"{key}.agents: {source['kind']} has no agents; allowed: with sotopia")
        for other, earlier in enumerate(sources[:index]):
            same = source["kind"] == earlier["kind"] and Path(source["path"]).stem == Path(earlier["path"]).stem
            areas = source.get("area"), earlier.get("area")
            if same and (None in areas or areas[0] == areas[1]):
                raise InputError(
                    f"{key} may draw what scenarios.sources.{other} draws ({source['kind']}, {source['path']}); "
                    "name it once with a larger take, give each an area, or rename one file"
                )


def _sentence(error: ValidationError) -> str:
    """A schema violation as key, value and what is allowed."""
    key = ".".join(str(part) for part in error.absolute_path) or "the configuration"
    if error.validator == "additionalProperties":
        known = error.schema.get("properties", {})
        unknown = next(name for name in error.instance if name not in known)
        where = f"{key}.{unknown}" if error.absolute_path else unknown
        return f"{where} is not a key; {_allowed(unknown, known)}"
    if error.validator == "required":
        missing = next(name for name in error.validator_value if name not in error.instance)
        return f"{key} lacks the key `{missing}`"
    if error.validator == "not":
        return (
            f"{key}: the name {error.instance!r} is reserved; not allowed: {', '.join(error.validator_value['enum'])}"
        )
    if error.validator == "pattern":
        return f"{key} = {error.instance!r} must match {error.validator_value}"
    if error.validator == "enum":
        return f"{key} = {error.instance!r}; {_allowed(error.instance, error.validator_value)}"
    if error.validator == "type":
        hint = ""
        if isinstance(error.instance, str) and error.validator_value == "number":
            hint = " (YAML reads 1e-4 as text: write 1.0e-4)"
        return f"{key} = {error.instance!r} must be of type {error.validator_value}{hint}"
    if error.validator == "uniqueItems":
        twice = next(one for index, one in enumerate(error.instance) if one in error.instance[:index])
        return f"{key} has {twice!r} twice; name it once"
    limits = {
        "minimum": "at least",
        "maximum": "at most",
        "exclusiveMinimum": "more than",
        "exclusiveMaximum": "less than",
        "minItems": "a list of at least",
    }
    if error.validator in limits:
        return f"{key} = {error.instance!r} must be {limits[error.validator]} {error.validator_value}"
    return f"{key} = {error.instance!r} breaks {error.validator}: {error.validator_value}"


def _allowed(name: Any, known: Iterable[Any]) -> str:
    names = [str(one) for one in known]
    close = get_close_matches(str(name), names, n=1)
    return (f"did you mean {close[0]!r}? " if close else "") + f"allowed: {', '.join(names)}"
