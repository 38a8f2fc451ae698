"""A hosted author for a stage: what it replies, and the configuration that names it."""

import yaml
from workdir import TINY, Workdir

PERSON = {"age": 40, "gender": "woman", "occupation": "clerk", "background": "b", "goal": "g", "secret": "s"}
SCENE = {
    "setting": "A shop.",
    "relationship": "neighbours",
    "a": {"name": "Aoi"} | PERSON,
    "b": {"name": "Ren"} | PERSON,
}
CONFIG = "paid.yaml"
CONFIGS = (*TINY, CONFIG)


def hire(workdir: Workdir, server, **settings) -> None:
    """Make a server's model the author of a folder's scenarios, run with `CONFIGS`."""
    workdir.environment |= {"PAID_KEY": "sk-paid", "NO_PROXY": "127.0.0.1"}
    model = {"engine": "openai", "source": "gpt-4-0613", "structured": "prompt", "key_variable": "PAID_KEY"}
    model |= {"base_url": f"http://127.0.0.1:{server.server_port}/v1"} | settings
    (workdir.path / CONFIG).write_text(yaml.safe_dump({"models": {"paid": model}, "author": "paid"}))
