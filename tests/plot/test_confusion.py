import matplotlib.pyplot as plt
import numpy as np
import pytest

from nnlite.plot import confusion_counts, confusion_matrix

TRUE = [0, 0, 0, 1, 1, 2]
SAID = [0, 1, 1, 1, 1, 0]
COUNTS = [[1, 2, 0], [0, 2, 0], [1, 0, 0]]


def one_hot(labels):
    return np.eye(3)[labels]


@pytest.mark.parametrize("true", [TRUE, np.array(TRUE)[:, None], one_hot(TRUE)])
@pytest.mark.parametrize("said", [SAID, np.array(SAID)[:, None], one_hot(SAID) * 0.4 + 0.2])
def test_rows_are_true_and_columns_what_was_said(true, said):
    np.testing.assert_array_equal(confusion_counts(true, said, classes=3), COUNTS)


def test_one_output_is_the_probability_of_class_1():
    p = [[0.1], [0.5], [0.51], [1.0]]
    np.testing.assert_array_equal(confusion_counts([0, 1, 0, 1], p), [[1, 1], [1, 1]])


def test_there_are_as_many_classes_as_are_needed_and_two_at_least():
    assert confusion_counts([0, 0], [0, 0]).shape == (2, 2)
    assert confusion_counts([0, 3], [0, 0]).shape == (4, 4)
    assert confusion_counts([0, 1], [[0.5, 0.3, 0.1, 0.1, 0.0]] * 2).shape == (5, 5)
    assert confusion_counts([0, 1], [0, 1], classes=3).shape == (3, 3)


def test_the_counts_are_those_of_scikit_learn(sklearn):
    true, said = np.random.default_rng(0).integers(0, 5, (2, 200))
    np.testing.assert_array_equal(confusion_counts(true, said), sklearn.metrics.confusion_matrix(true, said))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (([0, 1], [0]), "2 samples and y_pred has 1"),
        (([], []), "0 samples"),
        (([0, -1], [0, 1]), "run from -1 to 1"),
        (([0.5, 1], [0, 1]), "whole numbers"),
        ((["a", "b"], [0, 1]), "whole numbers"),
        (([0, 1], np.zeros((2, 2, 2))), r"y_pred has shape \(2, 2, 2\)"),
        (([0, 1], [[np.nan, 1], [0, 1]]), "not finite"),
    ],
)
def test_counts_refuse(arguments, words):
    with pytest.raises(ValueError, match=words):
        confusion_counts(*arguments)


def test_a_label_beyond_the_classes_is_refused():
    with pytest.raises(ValueError, match="from 0 to 1"):
        confusion_counts(TRUE, SAID, classes=2)


# --- the picture -----------------------------------------------------------------------------------------


def test_the_image_is_the_share_of_each_row():
    ax = confusion_matrix(TRUE, SAID)
    np.testing.assert_allclose(ax.get_images()[0].get_array(), [[1 / 3, 2 / 3, 0], [0, 1, 0], [1, 0, 0]])
    assert (ax.get_images()[0].norm.vmin, ax.get_images()[0].norm.vmax) == (0, 1)


def test_each_field_has_its_count_and_share_and_empty_ones_nothing():
    ax = confusion_matrix(TRUE, SAID)
    found = {t.get_position(): (t.get_text(), t.get_color()) for t in ax.texts}
    assert found == {
        (0, 0): ("1\n33.3%", "black"),
        (1, 0): ("2\n66.7%", "white"),
        (1, 1): ("2\n100%", "white"),
        (0, 2): ("1\n100%", "white"),
    }


def test_shares_do_not_round_to_a_false_certainty():
    ax = confusion_matrix([0] * 2001 + [1], [0] * 2000 + [1, 1])
    assert [t.get_text() for t in ax.texts] == ["2,000\n>99.9%", "1\n<0.1%", "1\n100%"]


def test_a_class_without_samples_is_masked():
    shares = confusion_matrix([0, 0], [0, 1]).get_images()[0].get_array()
    np.testing.assert_array_equal(np.ma.getmaskarray(shares), [[False, False], [True, True]])


def test_the_title_names_the_accuracy_and_the_axes_the_classes():
    ax = confusion_matrix(TRUE, SAID, names=["cat", "dog", "owl"])
    assert ax.get_title() == "3 of 6 right: 50.00%"
    assert [t.get_text() for t in ax.get_xticklabels()] == ["cat", "dog", "owl"]
    assert [t.get_text() for t in ax.get_yticklabels()] == ["cat", "dog", "owl"]


def test_too_few_names_are_refused():
    with pytest.raises(ValueError, match="from 0 to 1"):
        confusion_matrix(TRUE, SAID, names=["cat", "dog"])
    assert not plt.get_fignums()


@pytest.mark.parametrize("K", [2, 10])
@pytest.mark.parametrize("size", [None, (6.4, 4.8), (12, 8)])
@pytest.mark.parametrize("layout", [None, "constrained"])
def test_the_text_stays_inside_the_fields(K, size, layout):
    true, said = np.repeat(np.indices((K, K)).reshape(2, -1), 1234, axis=1)
    ax = None if size is None else plt.subplots(figsize=size, layout=layout)[1]
    ax = confusion_matrix(true, said, ax=ax)
    ax.figure.canvas.draw()
    right, top = np.abs(np.diff(ax.transData.transform([[0, 0], [1, 1]]), axis=0))[0]
    boxes = [text.get_window_extent() for text in ax.texts]
    assert max(box.width for box in boxes) < right
    assert max(box.height for box in boxes) < top
    assert min(text.get_fontsize() for text in ax.texts) > 4


def test_it_draws_where_it_is_told():
    _, (left, right) = plt.subplots(1, 2)
    assert confusion_matrix(TRUE, SAID, ax=right) is right
    assert not left.get_images()
    assert len(plt.get_fignums()) == 1
