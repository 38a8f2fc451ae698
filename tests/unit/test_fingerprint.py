"""Fingerprints: behaviour changes them, wording does not."""

import pytest

from clca.fingerprint import fingerprint, normalised, remember, remembered

CODE = '''"""Module."""


def add(a, b):
    """Add."""
    # plain
    return a + b


class Empty:
    """Nothing."""
'''


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"""Module."""', '"""Other words."""'),
        ('    """Add."""\n', ""),
        ("    # plain\n", ""),
        ("a + b", "(a\n            + b)"),
        ('    """Nothing."""', "    pass"),
        ("\n\n\nclass", "\nclass"),
    ],
    ids=["module's docstring", "no docstring", "comment", "line break", "class's docstring", "blank lines"],
)
def test_wording_does_not_change_the_fingerprint(old, new):
    assert old in CODE
    assert normalised(CODE.replace(old, new)) == normalised(CODE)


@pytest.mark.parametrize(
    ("old", "new"),
    [("a + b", "a - b"), ("a + b", "b + a"), ("def add", "def plus"), ("(a, b)", "(a, b=1)"), ("a + b", "'a + b'")],
)
def test_behaviour_changes_the_fingerprint(old, new):
    assert normalised(CODE.replace(old, new)) != normalised(CODE)


def test_prompts_count_byte_for_byte_and_names_of_files_do_not(tmp_path):
    def of(name, text):
        (tmp_path / name).write_text(text)
        return fingerprint([tmp_path / name])

    assert of("a.py", CODE) == of("b.py", CODE.replace("# plain", "# other"))
    assert of("a.j2", "Hello # you") != of("a.j2", "Hello # me")
    assert len(of("a.j2", "Hello")) == 16


def test_yaml_counts_by_its_content(tmp_path):
    def of(text):
        (tmp_path / "q.yaml").write_text(text)
        return fingerprint([tmp_path / "q.yaml"])

    assert of("a: 1\nb: [2, 3]\n") == of("# words\na:   1\nb:\n  - 2\n  - 3\n")
    # The fields of a persona come in the file's order.
    assert of("a: 1\nb: 2\n") != of("b: 2\na: 1\n")
    assert of("a: 1\n") != of("a: 2\n")


def test_text_that_moves_from_one_file_to_the_next_changes_the_fingerprint(tmp_path):
    def of(*texts):
        paths = [tmp_path / f"{number}.j2" for number in range(len(texts))]
        for path, text in zip(paths, texts, strict=True):
            path.write_text(text)
        return fingerprint(paths)

    assert len({of("ab", "c"), of("a", "bc"), of("abc"), of("c", "ab")}) == 4


def test_what_was_behind_a_fingerprint_is_remembered_as_it_was_first(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert remembered("0123") == {}
    remember("0123", {"a.py": "1"})
    remember("0123", {"a.py": "2"})
    assert remembered("0123") == {"a.py": "1"}
