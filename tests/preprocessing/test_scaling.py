import copy
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from nnlite import config
from nnlite.errors import ShapeError
from nnlite.preprocessing import MeanImage, MinMaxScaler, Scaler, StandardScaler, TargetScaler

EACH = [
    MinMaxScaler(),
    MinMaxScaler((-1, 1)),
    StandardScaler(),
    StandardScaler(with_mean=False),
    StandardScaler(with_std=False),
    MeanImage(),
    MeanImage(255),
    TargetScaler(),
    TargetScaler("sigmoid"),
    TargetScaler("tanh"),
]
each = pytest.mark.parametrize("scaler", EACH, ids=repr)
LECTURE = np.array([2.0, 4, 6, 8, 10])


@pytest.fixture
def x():
    return np.random.default_rng(0).normal(5, 3, size=(20, 4))


# --- the lectures' numbers -------------------------------------------------------------------------------


def test_scaled_to_a_range_by_hand():
    # (x - 2) / (10 - 2)
    np.testing.assert_array_equal(MinMaxScaler().fit_transform(LECTURE), [0, 0.25, 0.5, 0.75, 1])


def test_standardized_by_hand():
    # mean 6, variance (16 + 4 + 0 + 4 + 16) / 5 = 8
    scaler = StandardScaler().fit(LECTURE)
    assert scaler.mean_ == 6
    assert scaler.var_ == 8
    want = [-1.414213562373, -0.707106781187, 0, 0.707106781187, 1.414213562373]
    np.testing.assert_allclose(scaler.transform(LECTURE), want, atol=1e-12)


def test_test_rows_are_transformed_as_the_training_rows_were():
    train, test = np.array([[0.0], [10.0]]), np.array([[5.0], [20.0]])
    scaler = MinMaxScaler().fit(train)
    np.testing.assert_array_equal(scaler.transform(test), [[0.5], [2.0]])
    standard = StandardScaler().fit(train)  # mean 5, s.d. 5
    np.testing.assert_array_equal(standard.transform(test), [[0], [3]])
    assert standard.transform(test).mean() != 0


def test_the_length_of_the_fish_was_ignored():
    # lengths in metres, weights in grams: 0.5 and 3000 become comparable
    fish = np.array([[0.5, 3000.0], [0.3, 1000.0], [0.4, 2000.0]])
    np.testing.assert_allclose(MinMaxScaler().fit_transform(fish), [[1, 1], [0, 0], [0.5, 0.5]], atol=1e-12)


def test_mean_image_is_that_of_the_training_images():
    train = np.array([[[0, 10], [20, 30]], [[10, 10], [0, 50]]], np.uint8)
    scaler = MeanImage().fit(train)
    np.testing.assert_array_equal(scaler.mean_, [[5, 10], [10, 40]])
    np.testing.assert_array_equal(scaler.transform(train[:1]), [[[-5, 0], [10, -10]]])
    np.testing.assert_array_equal(MeanImage(10).fit(train).transform(train[:1]), [[[-0.5, 0], [1, -1]]])


def test_targets_for_each_kind_of_output():
    y = np.array([1.0, 3.0])  # mean 2, s.d. 1
    np.testing.assert_array_equal(TargetScaler().fit_transform(y), [-1, 1])
    np.testing.assert_array_equal(TargetScaler("sigmoid").fit_transform(y), [0, 1])
    np.testing.assert_array_equal(TargetScaler("tanh").fit_transform(np.array([1.0, 2, 3])), [-1, 0, 1])


# --- what all of them keep -------------------------------------------------------------------------------

numbers = hnp.arrays(
    np.float64, hnp.array_shapes(min_dims=1, max_dims=3, max_side=5), elements=st.floats(-1e3, 1e3, width=32)
)


@each
@given(numbers)
@settings(max_examples=30)
def test_back_again(scaler, x):
    scaler = copy.deepcopy(scaler)
    y = scaler.fit_transform(x)
    assert y.shape == x.shape
    assert np.isfinite(y).all()
    scale = np.abs(x).max() + 1
    np.testing.assert_allclose(scaler.inverse_transform(y), x, rtol=1e-9, atol=1e-12 * scale)


@each
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_type_is_kept_and_x_is_not_changed(scaler, dtype, x):
    x = x.astype(dtype)
    kept = x.copy()
    scaler = copy.deepcopy(scaler)
    y = scaler.fit_transform(x)
    assert y.dtype == x.dtype
    assert scaler.inverse_transform(y).dtype == x.dtype
    np.testing.assert_array_equal(x, kept)
    assert not np.shares_memory(x, y)


def test_whole_numbers_become_floats_of_the_library():
    assert MinMaxScaler().fit_transform(np.array([0, 255], np.uint8)).dtype == config.floatx()


@each
def test_a_feature_that_never_changes_becomes_finite(scaler, x):
    x[:, 1] = 0.1  # their mean is not 0.1 in floating point
    scaler = copy.deepcopy(scaler)
    y = scaler.fit_transform(x)
    assert len(set(y[:, 1])) == 1
    assert abs(y[0, 1]) < 1.1
    np.testing.assert_allclose(scaler.inverse_transform(y), x, rtol=1e-12)


def test_a_constant_feature_is_0_or_the_lower_end():
    x = np.full((3, 1), 0.1)
    assert x.mean() != 0.1  # in floating point
    np.testing.assert_array_equal(StandardScaler().fit_transform(x), 0)
    np.testing.assert_array_equal(MinMaxScaler().fit_transform(x), 0)
    np.testing.assert_array_equal(MinMaxScaler((-1, 1)).fit_transform(x), -1)


def test_the_statistics_of_single_precision_are_those_of_double():
    x = (1e4 + np.random.default_rng(0).normal(size=(1000, 1))).astype(np.float32)
    scaler = StandardScaler().fit(x)
    np.testing.assert_allclose(scaler.mean_, x.astype(np.float64).mean(0), rtol=1e-12)
    np.testing.assert_allclose(scaler.var_, x.astype(np.float64).var(0), rtol=1e-9)


@each
def test_it_is_made_again_from_its_configuration(scaler, x):
    again = type(scaler).from_config(scaler.get_config())
    assert repr(again) == repr(scaler)
    np.testing.assert_array_equal(again.fit_transform(x), copy.deepcopy(scaler).fit_transform(x))


def test_predictions_of_one_output_come_back_as_they_are():
    y = np.array([1.0, 3.0])
    for fitted in (y, y[:, np.newaxis]):
        scaler = TargetScaler().fit(fitted)
        np.testing.assert_array_equal(scaler.inverse_transform([[0.0], [1.0]]), [[2], [3]])
        np.testing.assert_array_equal(scaler.inverse_transform([0.0, 1.0]), [2, 3])
        with pytest.raises(ShapeError, match=r"rows of shape \(2,\)"):
            scaler.inverse_transform([[0.0, 1.0]])


def test_of_several_outputs_each_has_its_scale():
    y = np.array([[0.0, 100.0], [1.0, 300.0]])
    scaler = TargetScaler("sigmoid").fit(y)
    np.testing.assert_array_equal(scaler.transform(y), [[0, 0], [1, 1]])
    np.testing.assert_array_equal(scaler.inverse_transform([[0.5, 0.5]]), [[0.5, 200]])


# --- mistakes --------------------------------------------------------------------------------------------


@each
@pytest.mark.parametrize("method", ["transform", "inverse_transform"])
def test_before_fit(scaler, method, x):
    with pytest.raises(ValueError, match=rf"{method} was called before fit(.|\n)*scaler.fit\(x_train\)"):
        getattr(copy.deepcopy(scaler), method)(x)


def test_fitting_on_the_test_set_is_noticed(x):
    train, test = x[:15], x[15:]
    scaler = StandardScaler().fit(train)
    scaler.transform(train)
    scaler.transform(test)
    with pytest.warns(UserWarning, match=r"fit was given data that it has transformed before"):
        scaler.fit(test.copy())


def test_scaling_twice_is_noticed(x):
    scaler = MinMaxScaler((0, 2))
    once = scaler.fit_transform(x)
    with pytest.warns(UserWarning, match=r"(.|\n)*scales twice"):
        scaler.fit_transform(once)


def test_fitting_on_the_training_set_again_is_no_mistake(x):
    scaler = StandardScaler()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        first = scaler.fit_transform(x)
        np.testing.assert_array_equal(scaler.fit_transform(x), first)
        scaler.fit(x + 1)  # other data
        np.testing.assert_allclose(scaler.fit(x).mean_, x.mean(axis=0))
        scaler.transform(x + 2)
        scaler.fit(x)
        scaler.fit(x + 2)  # what was transformed before another fit is forgotten
    np.testing.assert_allclose(scaler.transform(x + 2), first, atol=1e-12)


@pytest.mark.parametrize(("value", "place"), [(np.nan, [1, 0]), (np.inf, [1, 0])])
def test_what_is_not_finite(value, place, x):
    x[1, 0] = value
    with pytest.raises(ValueError, match=rf"the data hold {value} at \[1, 0\]"):
        StandardScaler().fit(x)
    with pytest.raises(ValueError, match="finite"):
        StandardScaler().fit(x[2:]).transform(x)


def test_other_rows_than_those_of_fit(x):
    with pytest.raises(ShapeError, match=r"rows of shape \(3,\)(.|\n)*\(4,\), as the StandardScaler"):
        StandardScaler().fit(x).transform(x[:, :3])


@pytest.mark.parametrize("x", [np.zeros((0, 3)), 5.0, np.zeros((3, 0))])
def test_no_rows(x):
    with pytest.raises(ShapeError, match="at least one row"):
        StandardScaler().fit(x)


def test_no_numbers():
    with pytest.raises(TypeError, match="the data are of type <U1"):
        MinMaxScaler().fit(["a", "b"])


@pytest.mark.parametrize("bounds", [(1, 0), (1, 1), (0, np.inf)])
def test_a_range_that_is_none(bounds):
    with pytest.raises(ValueError, match="feature_range is"):
        MinMaxScaler(bounds)


def test_other_arguments_that_are_none():
    with pytest.raises(ValueError, match=r"output is 'softmax'(.|\n)*linear, sigmoid, tanh"):
        TargetScaler("softmax")
    with pytest.raises(ValueError, match="scale is 0"):
        MeanImage(0)
    with pytest.raises(NotImplementedError, match="define measure"):
        Scaler().fit([1.0, 2.0])


def test_a_scaler_of_ones_own():
    class Thousandths(Scaler):
        def measure(self, x):
            return np.zeros(x.shape[1:]), np.full(x.shape[1:], 1000.0)

    np.testing.assert_array_equal(Thousandths().fit_transform([[2000.0]]), [[2.0]])


# --- scikit-learn's --------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("constant", [False, True])
def test_numbers_are_scikit_learns(sklearn, dtype, constant, x):
    theirs = sklearn.preprocessing
    x = x.astype(dtype)
    if constant:
        x[:, 2] = 0.1
    train, test = x[:15], x[15:]
    for own, other in [
        (MinMaxScaler(), theirs.MinMaxScaler()),
        (MinMaxScaler((-1, 2)), theirs.MinMaxScaler((-1, 2))),
        (StandardScaler(), theirs.StandardScaler()),
        (StandardScaler(with_mean=False), theirs.StandardScaler(with_mean=False)),
        (StandardScaler(with_std=False), theirs.StandardScaler(with_std=False)),
    ]:
        own.fit(train), other.fit(train)
        y = own.transform(test)
        tolerance = {"rtol": 1e-12, "atol": 1e-13} if dtype == "float64" else {"rtol": 1e-5, "atol": 2e-6}
        assert y.dtype == other.transform(test).dtype
        np.testing.assert_allclose(y, other.transform(test), **tolerance)
        np.testing.assert_allclose(own.inverse_transform(y), other.inverse_transform(y), **tolerance)


def test_masked_numbers_are_refused():
    masked = np.ma.masked_equal([[1.0], [999.0], [3.0]], 999)
    scaler = StandardScaler()
    with pytest.raises(ValueError, match=r"the data have 1 masked numbers(.|\n)*fix: "):
        scaler.fit(masked)
    scaler.fit([[1.0], [3.0]])
    for call in (scaler.transform, scaler.inverse_transform):
        with pytest.raises(ValueError, match="1 masked"):
            call(masked)
    rows = ~np.ma.getmaskarray(masked).reshape(len(masked), -1).any(axis=1)  # the way out
    np.testing.assert_array_equal(scaler.transform(np.asarray(masked[rows])), [[-1], [1]])
