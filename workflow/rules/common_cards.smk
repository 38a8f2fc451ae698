"""What the rules of cards read."""

# Whose social dialogues the study's adapters learn from.
TEACHERS = list(dict.fromkeys(teacher for teacher, *_ in PLAYED))
WRITERS = [
    ["author", config["author"]],
    *[["teacher", name] for name in TEACHERS],
    ["judge", config["judge"]],
]


def told_of_data(file):
    """A file of each teacher's social dialogues."""
    return [f"<results>/data/{{culture}}/{name}/social/{file}" for name in TEACHERS]


def all_cards():
    """The cards of the study's models and data."""
    return collect(
        "<results>/{model}/{culture}/card.md",
        model=STUDIED["models"],
        culture=STUDIED["cultures"],
    ) + collect("<results>/data/{culture}/card.md", culture=STUDIED["cultures"])
