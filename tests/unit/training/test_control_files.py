"""Users' copies of the controls' corpora: every published shape in, and what does not fit named by row and column."""

import json

import polars as pl
import pytest

from clca import artifacts, schemas
from clca.errors import InputError
from clca.training.control_files import download, read

GSM8K = [
    {"question": "Two boats carry 3 people each. How many?", "answer": "There are 2*3 = <<2*3=6>>6 people.\n#### 6"},
    {"question": "How many oars?", "answer": "Each has two.\n#### 1,200"},
]
CHAT = [
    {"role": "system", "content": "You teach."},
    {"role": "user", "content": "What is 2 + 2?"},
    {"role": "assistant", "content": "4"},
    {"role": "user", "content": "And 1 more?"},
    {"role": "assistant", "content": "5"},
]
SHARED = [
    {"from": {"user": "human", "assistant": "gpt"}.get(m["role"], m["role"]), "value": m["content"]} for m in CHAT
]


def written(path, rows):
    if path.suffix == ".parquet":
        pl.DataFrame(rows).write_parquet(path)
    elif path.suffix == ".json":
        path.write_text(json.dumps(rows, indent=1), encoding="utf-8-sig")
    else:
        path.write_text("\n".join(json.dumps(row) for row in rows) + "\n")
    return path


@pytest.mark.parametrize("suffix", ["jsonl", "json", "parquet"])
def test_gsm8k_is_read_as_it_is_published_without_the_calculator_s_marks(suffix, tmp_path):
    table = read(written(tmp_path / f"train.{suffix}", GSM8K), "gsm8k")
    assert table["problem_id"].to_list() == ["gsm8k-train-1", "gsm8k-train-2"]
    assert table["messages"].to_list()[0] == [
        {"role": "user", "content": GSM8K[0]["question"]},
        {"role": "assistant", "content": "There are 2*3 = 6 people.\nThe answer is 6."},
    ]
    assert table["messages"].to_list()[1][1]["content"].endswith("The answer is 1,200.")


@pytest.mark.parametrize("suffix", ["jsonl", "json", "parquet"])
@pytest.mark.parametrize("row", [{"messages": CHAT}, {"conversations": SHARED}], ids=["messages", "conversations"])
def test_conversations_are_read_in_both_shapes(row, suffix, tmp_path):
    table = read(written(tmp_path / f"sync.{suffix}", [row, row]), "mathchat")
    assert table["messages"].to_list() == [CHAT, CHAT]
    artifacts.write(table, tmp_path / "made.jsonl", schemas.Problem)


def test_a_question_without_a_reply_at_the_end_is_left_out(tmp_path):
    path = written(tmp_path / "sync.jsonl", [{"messages": CHAT[:4]}, {"messages": CHAT}])
    assert read(path, "mathchat")["messages"].to_list()[0] == CHAT[:3]


REFUSED = {
    "a question that is missing": ("gsm8k", [GSM8K[0], {"answer": "6"}], "row 2, column question = None"),
    "an empty answer": ("gsm8k", [GSM8K[0], {"question": "?", "answer": " "}], "row 2, column answer = ' '"),
    "a number for a text": ("gsm8k", [{"question": "?", "answer": 6}], "row 1, column answer = 6; allowed: a text"),
    "neither shape": ("mathchat", [{"turns": CHAT}], "row 1, column messages = None; allowed: a list of objects"),
    "no turns": ("mathchat", [{"conversations": []}], "row 1, column conversations = []; allowed: a list"),
    "a turn that is a text": ("mathchat", [{"messages": ["hello"]}], "row 1, column messages.0 = 'hello'"),
    "an unknown speaker": (
        "mathchat",
        [{"conversations": [{"from": "bing", "value": "x"}]}],
        "row 1, column conversations.0.from = 'bing'; allowed: system, user, human",
    ),
    "no content": ("mathchat", [{"messages": [CHAT[1], {"role": "assistant"}]}], "column messages.1.content = None"),
    "the assistant first": ("mathchat", [{"messages": CHAT[2:]}], "row 1, column messages = ['assistant'"),
    "nobody but the user": ("mathchat", [{"messages": CHAT[1:2]}], "allowed: user and assistant in turn"),
    "a single row": ("gsm8k", GSM8K[:1], "1 rows, and training and held-out data need one each"),
}


@pytest.mark.parametrize(("control", "rows", "told"), REFUSED.values(), ids=REFUSED)
def test_what_does_not_fit_is_one_line_with_file_row_and_column(control, rows, told, tmp_path):
    path = written(tmp_path / "mine.jsonl", rows)
    with pytest.raises(InputError) as caught:
        read(path, control)
    assert str(caught.value).startswith(f"{path}: ")
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("mine.jsonl", None, "no such file; give your own copy"),
        ("mine.jsonl", b'{"question": "x"', "row 1 is no JSON object"),
        ("mine.json", b'[{"question"', "begins as a JSON list and is none"),
        ("mine.jsonl", b"\xff", "not UTF-8"),
        ("mine.parquet", b"torn", "not a complete Parquet file"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_line(name, content, told, tmp_path):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError) as caught:
        read(tmp_path / name, "gsm8k")
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_data_set_that_the_hub_does_not_give_is_told_with_a_way_out(monkeypatch, tmp_path):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(InputError, match=r"data set org/problems: no copy of x\.parquet here") as caught:
        download("org/problems", "0" * 40, "x.parquet")
    assert "give the file as the control's `path`" in str(caught.value)
