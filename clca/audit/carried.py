"""Files of a study as its crate names them: which lie in it, which are known by their hash alone, which it carries.

The crate is the folder `<results>/study`, for that is what may be shared: tables, scorecards and pages, no respondent's
row and no reply of the journal. A relative path may not leave a crate, so files outside are named by an absolute URI
of no web page (`arcp://name,clca/<path from the Snakefile>`) and known by size and SHA-256. Respondents and personas,
and the survey file itself, are no files of the crate at all: an entry with their hash says that they were read.
"""

import hashlib
import os
import shutil
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

from clca.audit.jobs import Job, Workflow
from clca.errors import unwritable

METADATA = "ro-crate-metadata.json"
OUTSIDE = "arcp://name,clca/"
CODE = "code"
"""The folder of the crate with the workflow's code and what it runs in; no data, and no configuration of a user's."""

CARRIED = (
    "Snakefile",
    "workflow/*.py",
    "workflow/report/*",
    "workflow/rules/*.smk",
    "workflow/scripts/*.py",
    "workflow/schemas/*.yaml",
    "clca/**/*.css",
    "clca/**/*.j2",
    "clca/**/*.js",
    "clca/**/*.py",
    # By their endings, for an image may have been built there.
    "envs/*.def",
    "envs/*.in",
    "envs/*.sh",
    "envs/*.txt",
    "envs/*.yaml",
    "profiles/default/*.yaml",
)

FORMATS = {
    ".css": "text/css",
    ".csv": "text/csv",
    ".html": "text/html",
    ".j2": "text/plain",
    ".js": "text/javascript",
    ".json": "application/json",
    ".jsonl": "application/x-ndjson",
    ".md": "text/markdown",
    ".parquet": "application/vnd.apache.parquet",
    ".py": "text/x-python",
    ".rst": "text/x-rst",
    ".safetensors": "application/octet-stream",
    ".sh": "application/x-sh",
    ".tex": "text/x-tex",
    ".tsv": "text/tab-separated-values",
    ".yaml": "application/yaml",
    ".zip": "application/zip",
}


def folder(workflow: Workflow) -> Path:
    """The crate's folder."""
    return workflow.results / "study"


def told(path: str | os.PathLike[str]) -> str:
    """A path as it may be shared: from the Snakefile's folder; of a file elsewhere on the machine its name alone.

    Six digits tell files of one name apart.
    """
    place = Path(path)
    return f"elsewhere/{short(str(path))[:6]}/{place.name}" if elsewhere(path) else place.as_posix()


def elsewhere(path: str | os.PathLike[str]) -> bool:
    """Whether a path is of a file that need not be below the Snakefile."""
    place = Path(path)
    return place.is_absolute() or ".." in place.parts or str(path).startswith("~")


def survey_files(jobs: Iterable[Job]) -> set[str]:
    """The survey files that respondents are read from."""
    named = [job.input.names.get("file", []) for job in jobs if job.rule == "respondents"]
    return {path for one in named for path in ([one] if isinstance(one, str) else one)}


def private(path: str, workflow: Workflow, surveys: set[str]) -> bool:
    """Whether a file has rows of respondents."""
    return path in surveys or Path(path).is_relative_to(workflow.results / "survey")


def identifier(path: str, root: Path) -> str:
    """A file's `@id` in the crate at `root`."""
    if Path(path).is_relative_to(root):
        return quote(Path(path).relative_to(root).as_posix())
    return OUTSIDE + quote(told(path))


def encoding(path: str) -> str:
    """The media type that a file's name tells."""
    return FORMATS.get(Path(path).suffix, "text/plain")


def digest(path: str | os.PathLike[str]) -> str:
    """SHA-256 of a file, in hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def moment(seconds: float) -> str:
    """A moment as a crate tells it, from seconds of the epoch."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def short(text: str) -> str:
    """Twelve digits that stand for a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def code_files() -> list[str]:
    """The workflow's code, from the Snakefile's folder."""
    return sorted({path.as_posix() for pattern in CARRIED for path in Path().glob(pattern) if path.is_file()})


def carry(root: Path) -> list[str]:
    """Copy the code into the crate, in the place of what an earlier crate carried.

    Returns:
        The copies' paths.

    Raises:
        InputError: There is no room, or no permission.
    """
    files, target = code_files(), root / CODE
    try:
        root.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".code-", dir=root) as scratch:
            for name in files:
                copy = Path(scratch, CODE, name)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(name, copy)
            if target.exists():
                os.replace(target, Path(scratch, "before"))
            os.replace(Path(scratch, CODE), target)
    except OSError as error:
        raise unwritable(target, error) from None
    return [(target / name).as_posix() for name in files]
