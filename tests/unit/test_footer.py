"""The footer on a terminal: it holds the last lines, grows, shrinks and goes, and nothing above it is lost."""

import fcntl
import os
import pty
import struct
import termios

import pytest
from screen import Screen

from clca.footer import Footer


class Terminal:
    """A screen behind a terminal's file descriptor."""

    def __init__(self, rows=12, columns=20):
        self.end, self.inner = pty.openpty()
        self.resize(rows, columns)

    def resize(self, rows, columns):
        self.screen = Screen(rows, columns)
        fcntl.ioctl(self.inner, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        os.set_blocking(self.end, False)

    def seen(self):
        """The screen's lines, after all that was written."""
        try:
            while chunk := os.read(self.end, 65536):
                self.screen.feed(chunk.decode())
        except BlockingIOError:
            pass
        return [line.rstrip() for line in self.screen.lines]

    def close(self):
        os.close(self.end)
        os.close(self.inner)


@pytest.fixture
def terminal():
    terminal = Terminal()
    yield terminal
    terminal.close()


def footer(terminal):
    return Footer(lambda width: [], terminal.inner)


def write(terminal, *lines):
    os.write(terminal.inner, "".join(f"{line}\n" for line in lines).encode())


def test_lines_are_drawn_below_what_is_there_and_go_without_a_trace(terminal):
    drawn = footer(terminal)
    write(terminal, "one", "two")
    drawn.draw(["a  1%", "b  2%"])
    assert terminal.seen() == ["one", "two", *[""] * 8, "a  1%", "b  2%"]
    write(terminal, "three")
    drawn.draw(["a  5%", "b  9%"])
    assert terminal.seen() == ["one", "two", "three", *[""] * 7, "a  5%", "b  9%"]
    drawn.stop()
    assert terminal.seen() == ["one", "two", "three", *[""] * 9]
    assert terminal.screen.region == (0, 11)
    write(terminal, "four")
    assert terminal.seen()[3] == "four"


def test_nothing_that_scrolls_is_lost_while_lines_come_and_go(terminal):
    drawn, written = footer(terminal), []
    for number in range(60):
        write(terminal, f"line {number}")
        written.append(f"line {number}")
        drawn.draw([f"job {job}" for job in range(number % 5)])
        shown = [f"job {job}" for job in range(number % 5)]
        assert terminal.seen()[12 - len(shown) :] == shown
    drawn.stop()
    terminal.seen()
    assert [line for line in terminal.screen.everything if line] == written


def test_a_line_that_is_not_ended_yet_stays_where_it_is(terminal):
    drawn = footer(terminal)
    write(terminal, *map(str, range(20)))
    os.write(terminal.inner, b"half")
    drawn.draw(["a", "b"])
    os.write(terminal.inner, b" a line\n")
    assert "half a line" in terminal.seen()


def test_more_lines_than_a_third_of_the_screen_are_counted_and_wide_ones_cut(terminal):
    footer(terminal).draw(["x" * 50] * 9)
    assert terminal.seen()[8:] == ["x" * 20, "x" * 20, "x" * 20, "and 6 more"]


def test_another_size_is_drawn_anew_and_a_small_one_not_at_all(terminal):
    drawn = footer(terminal)
    drawn.draw(["a"])
    assert terminal.seen()[-1] == "a"
    terminal.resize(20, 30)
    drawn.draw(["a"])
    assert terminal.seen()[19] == "a"
    terminal.resize(5, 30)
    drawn.draw(["a"])
    assert terminal.seen() == [""] * 5


def test_a_terminal_that_is_gone_is_no_error():
    terminal = Terminal()
    drawn = footer(terminal)
    terminal.close()
    drawn.draw(["a"])
    drawn.stop()


def test_it_draws_by_itself_until_it_is_stopped(terminal):
    drawn = Footer(lambda width: [f"{width} columns"], terminal.inner, every=0.01)
    drawn.start()
    while "20 columns" not in terminal.seen():
        pass
    drawn.stop()
    assert terminal.seen() == [""] * 12
