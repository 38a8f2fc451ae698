"""What the dialogue browser reads: the dialogues that the variant `clca` learns from, and what is made of them."""

BROWSED = "data/{{culture}}/{teacher}/{corpus}".format(**config["variants"]["clca"])


def examples_made(wildcards):
    """The examples of `clca`, if they are there: dialogues that are too poor to train on are looked at all the more."""
    path = f"{{model}}/{wildcards.culture}/clca/seed{SEED}/examples.jsonl"
    for model in config["study"]["models"]:
        # A student's family decides only how many are held out.
        if Path(config["pathvars"]["results"], path.format(model=model)).is_file():
            return f"<results>/{path.format(model=model)}"
    return []
