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


@pytest.mark.parametrize(
    ("laps", "margin"),
    [
        # Each: what ends after so many seconds, which began where the one before ended.
        ([("saved", 100), ("saved", 10)], 3 * 100),
        ([("saved", 50)], MARGIN),
        ([("stepped", 50), ("stepped", 40)], MARGIN + 50),
        ([("stepped", 20), ("saved", 100), ("stepped", 10)], 3 * 100 + 20),
        ([("lap", 500), ("saved", 10)], MARGIN),
    ],
    ids=["long saves", "short saves", "a step more must fit", "both", "neither step nor save"],
)
def test_margin_grows_with_what_takes_long(clock, laps, margin):
    deadline = Deadline(1000, clock)
    for ended, seconds in laps:
        clock.now += seconds
        getattr(deadline, ended)()
    assert dues(deadline, clock, range(int(clock.now), 1000, 10)) == [1000 - margin]


@pytest.mark.parametrize("told", [{}, {"SLURM_JOB_END_TIME": ""}, {"SLURM_JOB_END_TIME": "Unknown"}])
def test_no_deadline_is_never_due(told):
    deadline = Deadline.of(told)
    assert deadline.end is None
    assert not deadline.due()


def test_slurm_s_end_is_the_deadline():
    deadline = Deadline.of({"SLURM_JOB_END_TIME": "1000"})
    assert deadline.end == 1000
    assert deadline.due()
