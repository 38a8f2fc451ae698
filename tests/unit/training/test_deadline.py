"""The deadline: one checkpoint more when too little of the job's time is left, on a clock of our own."""

import pytest

from clca.training.deadline import MARGIN, Deadline


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def dues(deadline, clock, times):
    """When it is due, of so many times that are asked."""
    found = []
    for clock.now in times:
        if deadline.due():
            found.append(clock.now)
    return found


def test_due_once_when_the_margin_is_reached(clock):
    assert dues(Deadline(1000, clock), clock, range(0, 1000, 10)) == [1000 - MARGIN]


def test_saves_that_take_long_widen_the_margin(clock):
    deadline = Deadline(1000, clock)
    clock.now = 100
    deadline.saved()
    clock.now = 110
    deadline.saved()
    assert dues(deadline, clock, range(110, 1000, 10)) == [1000 - 3 * 100]


def test_a_step_more_must_fit(clock):
    deadline = Deadline(1000, clock)
    for clock.now in (50, 90):
        deadline.stepped()
    assert dues(deadline, clock, range(90, 1000, 10)) == [1000 - MARGIN - 50]


def test_what_is_neither_step_nor_save_counts_for_neither(clock):
    deadline = Deadline(1000, clock)
    clock.now = 500
    deadline.lap()
    clock.now = 510
    deadline.saved()
    assert dues(deadline, clock, range(510, 1000, 10)) == [1000 - MARGIN]


@pytest.mark.parametrize("told", [{}, {"SLURM_JOB_END_TIME": ""}, {"SLURM_JOB_END_TIME": "Unknown"}])
def test_no_deadline_is_never_due(told):
    deadline = Deadline.of(told)
    assert deadline.end is None
    assert not deadline.due()


def test_slurm_s_end_is_the_deadline():
    deadline = Deadline.of({"SLURM_JOB_END_TIME": "1000"})
    assert deadline.end == 1000
    assert deadline.due()
