"""The words of a report: what is right, what is wrong and where, what is at a kink."""

import pytest

from nnlite.gradcheck.report import GradientError, Kink, Report, Row

RIGHT = Row("W", "complex-step", ok=True, error=2e-16, index=(0, 1), checked=6, size=6)
SAMPLED = Row("b", "five-point", ok=True, error=3e-11, index=(2,), checked=5, size=50)
WRONG = Row("x", "complex-step", False, 1.0, (2, 3), 0.5, 1.5, 1.5, 12, 12, "a unit is dropped")
NONE = Row("a", "auto", ok=False, cause="there is no gradient at all: None")
KINKS = Row("x", "five-point", True, 0.0, (0,), 1.0, 1.0, 1.0, 3, 4, kinks=(Kink((1, 0), 0.0, 0.0, 0.25),))
ALL_KINKS = Row("s", "five-point", True, checked=0, size=1, kinks=(Kink((), 0.5, 0.0, 1.0),))


@pytest.mark.parametrize(
    ("row", "text"),
    [
        (RIGHT, "W: right (complex-step, 6 entries, largest error 2.0e-16)"),
        (SAMPLED, "b: right (five-point, 5 of 50 entries, largest error 3.0e-11)"),
        (
            WRONG,
            "x: WRONG (complex-step, 12 entries): at x[2, 3] the code says 0.5, it should be 1.5\n"
            "    a unit is dropped",
        ),
        (NONE, "a: WRONG: there is no gradient at all: None"),
        (
            KINKS,
            "x: right (five-point, 3 of 4 entries, largest error 0.0e+00)\n"
            "    kink at x[1, 0]: the slope is 0 on the left and 0.25 on the right, the code says 0",
        ),
        (
            ALL_KINKS,
            "s: kink (five-point): nothing can be compared\n"
            "    kink at s: the slope is 0 on the left and 1 on the right, the code says 0.5",
        ),
    ],
)
def test_a_row_in_words(row, text):
    assert str(row) == text


def test_only_the_first_five_kinks_are_written_out():
    row = Row("x", "five-point", True, checked=0, size=9, kinks=tuple(Kink((k,), 0, 0, 1) for k in range(9)))
    assert str(row).count("kink at x") == 5
    assert "9 entries are at a kink" in str(Report("Mine", (row,)))


def test_a_report_is_right_if_all_rows_are():
    report = Report("Dense 'a'", (RIGHT, SAMPLED))
    assert report.ok
    report.raise_if_failed()
    assert str(report) == f"Dense 'a': all gradients are right\n  {RIGHT}\n  {SAMPLED}"
    assert str(Report("Mine", (KINKS,))).startswith("Mine: all gradients are right; 1 entry is at a kink\n")


def test_a_report_with_a_wrong_row_raises_itself():
    report = Report("Mine", (RIGHT, WRONG, NONE))
    assert not report.ok
    with pytest.raises(GradientError) as caught:
        report.raise_if_failed()
    assert str(caught.value) == str(report)
    assert str(report).startswith("Mine: 2 of 3 arrays are wrong\n  W: right")


def test_rows_by_name():
    report = Report("Mine", (RIGHT, WRONG))
    assert report["x"] is WRONG
    with pytest.raises(KeyError, match=r"'V'; the report has \['W', 'x'\]"):
        report["V"]
