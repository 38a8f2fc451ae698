"""The one exception that is shown to users without a traceback, and what the machine's refusals are called."""

import errno
import os


class InputError(ValueError):
    """A mistake in what the user gave us: one line that names file, row, column, value and the way out."""


def refusal(error: BaseException) -> str | None:
    """What the machine says if an error, of Python or of a library in Rust, is one of no room or no permission."""
    for number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM):
        if (isinstance(error, OSError) and error.errno == number) or f"(os error {number})" in str(error):
            return os.strerror(number)
    return None


def unwritable(path: str | os.PathLike[str], error: BaseException) -> InputError:
    """The line for a file that the machine refuses to write.

    Raises:
        BaseException: `error`, if it is another one.
    """
    reason = refusal(error)
    if reason is None:
        raise error
    return InputError(
        f"{os.fspath(path)}: cannot be written ({reason}); make room there, or let it be written, and run again: "
        "what was answered or trained is kept"
    )
