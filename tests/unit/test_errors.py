"""The machine's refusals to write, as Python and libraries tell them."""

import pytest
import torch

from clca.errors import InputError, unwritable


@pytest.mark.parametrize("numbers", [10, 1_000_000])
def test_a_checkpoint_without_room_is_one_line_whatever_torch_says(numbers: int):
    with pytest.raises(RuntimeError) as raised:
        torch.save({"weights": torch.zeros(numbers)}, "/dev/full")
    line = str(unwritable("checkpoint-8", raised.value))
    assert line.startswith("checkpoint-8: cannot be written (")
    assert "make room there" in line


def test_a_full_disk_is_named_by_its_reason():
    with pytest.raises(OSError, match="No space") as raised, open("/dev/full", "wb", buffering=0) as file:
        file.write(b"x")
    assert "No space left on device" in str(unwritable("a.jsonl", raised.value))


def test_an_error_of_another_kind_stays_what_it_is():
    with pytest.raises(RuntimeError, match="shape") as raised:
        unwritable("a.pt", RuntimeError("shape mismatch"))
    assert not isinstance(raised.value, InputError)
