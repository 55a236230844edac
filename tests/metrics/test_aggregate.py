import numpy as np
import pytest

from nnlite.errors import ShapeError
from nnlite.metrics import Mean, MeanMetricWrapper, Sum


def test_hand_worked():
    assert Mean()([1, 3, 5, 7]) == 4
    assert Sum()([1, 3, 5, 7]) == 16
    for cls, want in ((Mean, (1 + 3) / 2), (Sum, 4)):
        metric = cls()
        metric.update_state([1, 3, 5, 7], sample_weight=[1, 1, 0, 0])
        assert metric.result() == want


def test_single_numbers_are_added_up():
    mean, total = Mean("loss"), Sum()
    for value in (2.0, np.float32(4), 9):
        mean.update_state(value)
        total.update_state(value)
    assert mean.name == "loss"
    assert mean.result() == 5
    assert total.result() == 15


def test_rows_have_a_weight():
    mean, total = Mean(), Sum()
    for metric in (mean, total):
        metric.update_state([[1.0, 3.0], [5.0, 7.0]], [3, 1])
    assert mean.result() == (3 * 2 + 6) / 4
    assert total.result() == 3 * 4 + 12


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["Mean", "Sum"])
@pytest.mark.parametrize(
    ("values", "weight"),
    [
        ((4,), None),
        ((4, 3), None),
        ((4,), (4,)),
        ((4, 3), (4,)),
        ((4, 3), (4, 1)),
        ((4, 3), (4, 3)),
        ((4,), (4, 1)),
    ],
)
def test_values_and_weights_in_keras(keras, name, values, weight):
    rng = np.random.default_rng(0)
    mine, theirs = {"Mean": Mean, "Sum": Sum}[name](), getattr(keras.metrics, name)()
    for _ in range(2):
        batch = (rng.random(values), *([] if weight is None else [rng.random(weight)]))
        mine.update_state(*batch)
        theirs.update_state(*batch)
    np.testing.assert_allclose(mine.result(), np.asarray(theirs.result()), rtol=1e-12)


@pytest.mark.parametrize("cls", [Mean, Sum])
def test_they_do_not_compare(cls):
    with pytest.raises(ValueError, match=f"{cls.__name__} adds up values"):
        cls().check_targets(np.zeros(3), (None, 1))


def far(y, p, power=1):
    return np.abs(p - y).mean(-1) ** power


def test_a_function():
    metric = MeanMetricWrapper(far, power=2)
    assert metric.name == "far"
    metric.update_state([[0.0], [0.0]], [[1.0], [3.0]])
    metric.update_state([[0.0]], [[2.0]])
    assert metric.result() == (1 + 9 + 4) / 3
    metric.reset_state()
    metric.update_state([[0.0], [0.0]], [[1.0], [3.0]], [3, 1])
    assert metric.result() == (3 * 1 + 9) / 4
    assert MeanMetricWrapper(far, name="mine").name == "mine"


def test_a_function_never_sees_n_beside_n_by_1():
    seen = []
    metric = MeanMetricWrapper(lambda y, p: seen.append((y.shape, p.shape)) or (p - y)[:, 0])
    metric.update_state(np.zeros(3), np.ones((3, 1)))
    metric.update_state(np.zeros((3, 1)), np.ones(3))
    assert seen == [((3, 1), (3, 1))] * 2
    assert metric.result() == 1


def test_labels_reach_a_function_as_they_are():
    seen = []
    metric = MeanMetricWrapper(lambda y, p: seen.append(y) or p[np.arange(len(y)), y])
    assert metric(np.array([1, 0]), np.array([[0.25, 0.75], [0.5, 0.5]])) == 0.625
    assert seen[0].dtype == int


def test_a_function_that_returns_one_number():
    metric = MeanMetricWrapper(lambda y, p: np.mean(np.abs(y - p)))
    metric.update_state(np.zeros(3), np.ones(3))
    metric.update_state(np.zeros(1), np.full(1, 3.0))
    assert metric.result() == 2  # every batch counts the same, as in Keras
    with pytest.raises(ShapeError, match="return one value for each sample"):
        metric.update_state(np.zeros(3), np.ones(3), [1, 2, 3])


def test_what_is_no_function():
    with pytest.raises(TypeError, match="the function of a metric is 3"):
        MeanMetricWrapper(3)
    with pytest.raises(ValueError, match=r"custom_objects={'far': "):
        MeanMetricWrapper.from_config({"fn": "far"})
    assert MeanMetricWrapper.from_config({"fn": "hinge", "name": "h"})([[1.0]], [[0.5]]) == 0.5
