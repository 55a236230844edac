import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlite.errors import ShapeError
from nnlite.preprocessing import kfold, train_test_split, train_valid_test_split

x, y = np.arange(20).reshape(10, 2), np.arange(10)


def test_rows_stay_together():
    x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.3, seed=0)
    assert len(x_train) == len(y_train) == 7
    assert len(x_test) == len(y_test) == 3
    np.testing.assert_array_equal(x_train[:, 0], 2 * y_train)
    np.testing.assert_array_equal(x_test[:, 0], 2 * y_test)
    assert sorted([*y_train, *y_test]) == list(range(10))


def test_a_quarter_is_for_testing_if_nothing_is_said():
    assert [len(part) for part in train_test_split(np.zeros(10))] == [7, 3]


@pytest.mark.parametrize(
    ("sizes", "lengths"),
    [
        ({"test_size": 4}, [6, 4]),
        ({"train_size": 4}, [4, 6]),
        ({"train_size": 0.75}, [7, 3]),
        ({"train_size": 2, "test_size": 3}, [2, 3]),
        ({"test_size": 0.01}, [9, 1]),
    ],
)
def test_sizes(sizes, lengths):
    assert [len(part) for part in train_test_split(y, **sizes)] == lengths


def test_fractions_are_not_rounded_by_the_binary_system():
    # 0.07 · 100 is 7.000000000000001 in floating point, of which the ceiling is 8
    assert len(train_test_split(np.zeros(100), test_size=0.07)[1]) == 7


def test_seed_and_order():
    first, second = (train_test_split(y, seed=3)[0] for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert first.tolist() != train_test_split(y, seed=4)[0].tolist()
    assert train_test_split(y, shuffle=False)[0].tolist() == [0, 1, 2, 3, 4, 5, 6]


def test_three_parts():
    (x_train, y_train), (x_valid, y_valid), (x_test, y_test) = train_valid_test_split(x, y, seed=0)
    assert [len(y_train), len(y_valid), len(y_test)] == [6, 2, 2]
    assert sorted([*y_train, *y_valid, *y_test]) == list(range(10))
    for rows, labels in ((x_train, y_train), (x_valid, y_valid), (x_test, y_test)):
        np.testing.assert_array_equal(rows[:, 0], 2 * labels)
    train, valid, test = train_valid_test_split(y, valid_size=1, test_size=0.5, shuffle=False)
    assert (train.tolist(), valid.tolist(), test.tolist()) == ([0, 1, 2, 3], [4], [5, 6, 7, 8, 9])


@pytest.mark.parametrize(
    ("split", "sizes"),
    [
        (train_test_split, {"test_size": 10}),
        (train_test_split, {"test_size": 0.999}),
        (train_test_split, {"train_size": 6, "test_size": 5}),
        (train_valid_test_split, {"valid_size": 5, "test_size": 5}),
    ],
)
def test_a_part_without_rows(split, sizes):
    with pytest.raises(ValueError, match="of 10 rows"):
        split(y, **sizes)


@pytest.mark.parametrize("size", [0, -1, 1.5, 0.0, "half"])
def test_what_is_no_size(size):
    with pytest.raises(ValueError, match=r"test_size is "):
        train_test_split(y, test_size=size)


def test_arrays_of_different_lengths():
    with pytest.raises(ShapeError, match=r"the arrays have \[9, 10\] rows"):
        train_test_split(x, y[:9])
    with pytest.raises(ShapeError, match="there are no arrays"):
        train_test_split()


@given(st.integers(2, 40), st.data())
def test_every_row_is_left_out_once(n, data):
    k = data.draw(st.integers(2, n))
    folds = kfold(n, k, shuffle=data.draw(st.booleans()), seed=0)
    assert len(folds) == k
    assert sorted(np.concatenate([valid for _, valid in folds])) == list(range(n))
    for train, valid in folds:
        assert sorted([*train, *valid]) == list(range(n))
        assert n // k <= len(valid) <= n // k + 1


def test_folds_are_shuffled_by_the_seed():
    first, second, other = ([valid.tolist() for _, valid in kfold(20, 4, seed=seed)] for seed in (1, 1, 2))
    assert first == second != other
    assert kfold(4, 2, shuffle=False)[0][1].tolist() == [0, 1]


@pytest.mark.parametrize(("n", "k"), [(10, 1), (10, 11), (10, 2.0), (1, 2)])
def test_what_are_no_folds(n, k):
    with pytest.raises(ValueError, match=r"[nk] is "):
        kfold(n, k)


def test_scikit_learn_splits_alike(sklearn):
    theirs = sklearn.model_selection
    for n, k in [(10, 3), (23, 5), (7, 7)]:
        for own, other in zip(kfold(n, k, shuffle=False), theirs.KFold(k).split(np.zeros(n)), strict=True):
            np.testing.assert_array_equal(own[0], other[0])
            np.testing.assert_array_equal(own[1], other[1])
    for sizes in (
        {},
        {"test_size": 0.3},
        {"train_size": 0.55},
        {"test_size": 4},
        {"test_size": 2, "train_size": 3},
    ):
        for own, other in zip(
            train_test_split(x, y, shuffle=False, **sizes),
            theirs.train_test_split(x, y, shuffle=False, **sizes),
            strict=True,
        ):
            np.testing.assert_array_equal(own, other)


def classes(n, k=3):
    return np.random.default_rng(0).integers(0, k, n) ** 2


@pytest.mark.parametrize("labels", [classes(40), classes(40)[:, None], np.eye(5)[classes(40)]])
def test_each_class_has_its_share_in_both_parts(labels):
    whole = np.bincount(classes(40))
    for seed in range(3):
        train, test = train_test_split(classes(40), test_size=0.25, stratify=labels, seed=seed)
        np.testing.assert_allclose(np.bincount(test), whole / 4, atol=1)
        np.testing.assert_array_equal(np.bincount(train) + np.bincount(test), whole)
    assert sorted(train_test_split(np.arange(40), stratify=labels, seed=1)[1]) != sorted(
        train_test_split(np.arange(40), stratify=labels, seed=2)[1]
    )


def test_random_state_gives_the_rows_of_scikit_learn():
    # sklearn.model_selection.train_test_split(np.arange(10), random_state=42) and the like
    assert [part.tolist() for part in train_test_split(y, random_state=42)] == [
        [0, 7, 2, 9, 4, 3, 6],
        [8, 1, 5],
    ]
    assert train_test_split(y, random_state=0, stratify=y % 2)[1].tolist() == [0, 6, 5]


@pytest.mark.parametrize(
    "sizes", [{}, {"test_size": 0.2}, {"train_size": 0.31}, {"train_size": 11, "test_size": 13}]
)
@pytest.mark.parametrize("stratify", [None, classes(53), np.eye(5)[classes(53)]], ids=["", "1", "2"])
def test_against_scikit_learn(sklearn, sizes, stratify):
    theirs = sklearn.model_selection.train_test_split
    a = np.arange(53)
    for seed in range(5):
        arguments = {**sizes, "random_state": seed, "stratify": stratify}
        for mine, other in zip(train_test_split(a, **arguments), theirs(a, **arguments), strict=True):
            np.testing.assert_array_equal(mine, other)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"seed": 1, "random_state": 2}, "needed: one of them"),
        ({"stratify": y > 4, "shuffle": False}, "shuffle=True"),
        ({"stratify": y > 8}, "the class True has a single row"),
        ({"stratify": y // 2}, "5 classes are to be in parts of 7 and 3 rows"),
    ],
)
def test_arguments_that_do_not_go_together(arguments, message):
    with pytest.raises(ValueError, match=message):
        train_test_split(y, **arguments)


def test_labels_of_another_length():
    with pytest.raises(ShapeError, match=r"\[4, 10\] rows"):
        train_test_split(y, stratify=[0, 0, 1, 1])


def test_masked_rows_keep_their_mask():
    masked = np.ma.masked_equal(y, 3)
    train, test = train_test_split(masked, shuffle=False)
    assert train.mask.tolist() == [False, False, False, True, False, False, False]
    assert test.tolist() == [7, 8, 9]


def test_frames_stay_frames():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(x, columns=["a", "b"])
    train, test, y_train, _ = train_test_split(frame, frame["a"], shuffle=False)
    pandas.testing.assert_frame_equal(train, frame[:7])
    pandas.testing.assert_frame_equal(test, frame[7:])
    assert y_train.name == "a"
    assert [len(part) for part in train_valid_test_split(frame, seed=0)] == [6, 2, 2]


def test_sparse_rows():
    sparse = pytest.importorskip("scipy.sparse")
    train, test = train_test_split(sparse.coo_matrix(x), shuffle=False)
    np.testing.assert_array_equal(train.toarray(), x[:7])
    np.testing.assert_array_equal(test.toarray(), x[7:])
