"""How readers refuse a file: in one line that begins with its path."""

import pytest

from clca.errors import InputError


def refused(path, read, *more):
    """The line with which `read(path, *more)` refuses the file."""
    with pytest.raises(InputError) as error:
        read(path, *more)
    line = str(error.value)
    assert line.startswith(f"{path}: ")
    assert "\n" not in line
    return line
