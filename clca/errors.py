"""The one exception that is shown to users without a traceback."""


class InputError(ValueError):
    """A mistake in what the user gave us: one line that names file, row, column, value and the way out."""
