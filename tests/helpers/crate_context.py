"""RO-Crate 1.1's JSON-LD context for its validator without a network.

The validator fetches the context that a crate names, from its cache alone when it is told `--offline`. The package
`rocrate` carries the context of 1.3 (CC0), in which four of the words that our crate uses have other addresses.
"""

import io
import json
from pathlib import Path

import requests
import rocrate
from requests_cache import CachedSession
from urllib3 import HTTPResponse

ADDRESS = "https://w3id.org/ro/crate/1.1/context"
OLD = "https://bioschemas.org/ComputationalWorkflow"
IN_1_1 = {
    "ComputationalWorkflow": OLD,
    "FormalParameter": "https://bioschemas.org/FormalParameter",
    "input": f"{OLD}#input",
    "output": f"{OLD}#output",
}


class _Carried(requests.adapters.BaseAdapter):
    """Answers for the context's address, and fails for all others."""

    def send(self, request, **_):
        assert request.url == ADDRESS
        carried = json.loads((Path(rocrate.__path__[0]) / "data/ro-crate.jsonld").read_text(encoding="utf-8"))
        terms = carried["@context"] | IN_1_1
        # No word of 1.1's: the crate has to say itself what it means.
        del terms["sha256"]
        body = io.BytesIO(json.dumps({"@context": terms}).encode())
        headers = {"Content-Type": "application/ld+json"}
        answer = HTTPResponse(body, status=200, headers=headers, preload_content=False, request_url=request.url)
        return requests.adapters.HTTPAdapter().build_response(request, answer)

    def close(self):
        pass


def warmed(cache: Path) -> Path:
    """A cache for `rocrate-validator --offline --cache-path` that holds the context and nothing else."""
    with CachedSession(cache_name=str(cache), backend="sqlite", expire_after=-1) as session:
        session.mount("https://", _Carried())
        assert session.get(ADDRESS).ok
    return cache
