"""A terminal: what stands on its screen after a program wrote to it, and what scrolled off."""

import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import termios
import threading
from collections.abc import Sequence

_CONTROL = re.compile(r"\x1b\[([?\d;]*)([A-Za-z])|\x1b([78DM])|([\r\n\b])|([^\x1b\r\n\b]+)", re.DOTALL)


class Screen:
    """So many rows and columns; knows the sequences that our programs use."""

    def __init__(self, rows: int = 24, columns: int = 100) -> None:
        self.rows, self.columns = rows, columns
        self.gone: list[str] = []
        self.lines = [""] * rows
        self.row = self.column = 0
        self.saved = (0, 0)
        self.region = (0, rows - 1)

    def feed(self, text: str) -> None:
        """What a program wrote."""
        for numbers, letter, single, control, plain in _CONTROL.findall(text):
            if plain:
                for char in plain:
                    self._put(char)
            elif control == "\r":
                self.column = 0
            elif control == "\n" or single == "D":
                self._down()
            elif single == "7":
                self.saved = (self.row, self.column)
            elif single == "8":
                self.row, self.column = self.saved
            elif letter:
                self._sequence(letter, [int(part) for part in numbers.split(";") if part.isdigit()])

    def _sequence(self, letter: str, numbers: list[int]) -> None:
        if letter == "H":
            row, column = [*numbers, 1, 1][:2]
            self.row, self.column = row - 1, column - 1
        elif letter == "A":
            self.row = max(self.row - [*numbers, 1][0], 0)
        elif letter == "K":
            self.lines[self.row] = "" if numbers[:1] == [2] else self.lines[self.row][: self.column]
        elif letter == "J":
            self.lines[self.row] = self.lines[self.row][: self.column]
            self.lines[self.row + 1 :] = [""] * (self.rows - self.row - 1)
        elif letter == "r":
            top, bottom = [*numbers, 1, self.rows][:2] if numbers else (1, self.rows)
            self.region = (top - 1, bottom - 1)
            self.row = self.column = 0
        else:
            assert letter in "mhl", letter

    def _down(self) -> None:
        top, bottom = self.region
        if self.row == bottom:
            self.gone.append(self.lines.pop(top))
            self.lines.insert(bottom, "")
        elif self.row < self.rows - 1:
            self.row += 1

    def _put(self, char: str) -> None:
        if self.column == self.columns:
            self.column = 0
            self._down()
        line = self.lines[self.row].ljust(self.column)
        self.lines[self.row] = line[: self.column] + char + line[self.column + 1 :]
        self.column += 1

    @property
    def everything(self) -> list[str]:
        """What scrolled off and what is seen, without spaces at the ends of lines."""
        return [line.rstrip() for line in (*self.gone, *self.lines)]

    def picture(self) -> str:
        """What is seen."""
        return "\n".join(line.rstrip() for line in self.lines)


class Session:
    """A program in a terminal of its own."""

    def __init__(self, command: Sequence[str], cwd: os.PathLike[str], env: dict[str, str], screen: Screen) -> None:
        self._end, inner = pty.openpty()
        fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", screen.rows, screen.columns, 0, 0))
        self.screen, self.text = screen, ""
        self.process = subprocess.Popen(
            command,
            cwd=cwd,
            env=env | {"TERM": "xterm"},
            stdin=inner,
            stdout=inner,
            stderr=inner,
            start_new_session=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        os.close(inner)
        self._pictures: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        while True:
            try:
                chunk = os.read(self._end, 65536)
            except OSError:
                return
            if not chunk:
                return
            text = chunk.decode("utf-8", "replace")
            self.text += text
            self.screen.feed(text)
            self._pictures.append(self.screen.picture())

    def until(self, seen: str, limit: float = 300) -> str:
        """The first picture in which a text, as a regular expression, is seen."""
        waited = threading.Event()
        for _ in range(int(limit / 0.05)):
            for picture in self._pictures:
                if re.search(seen, picture):
                    return picture
            if self.process.poll() is not None and not self._reader.is_alive():
                break
            waited.wait(0.05)
        self.kill()
        raise AssertionError(f"{seen!r} was never seen:\n{self.screen.picture()}")

    def kill(self) -> None:
        """Kill it and what it started, if it runs still."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def end(self, limit: float = 600) -> int:
        """The exit status, when all that it wrote is on the screen."""
        try:
            status = self.process.wait(limit)
        finally:
            self.kill()
        self._reader.join(5)
        os.close(self._end)
        return status
