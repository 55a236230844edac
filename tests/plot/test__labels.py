"""The classes of samples, however they are written."""

import numpy as np
import pytest

from nnlite.plot._labels import one_per_row


@pytest.mark.parametrize("y", [[2, 0, 1], [[2], [0], [1]], np.eye(3)[[2, 0, 1]]])
def test_labels_columns_and_one_hot_rows_mean_the_same(y):
    assert one_per_row(y, 3, 3).tolist() == [2, 0, 1]


@pytest.mark.parametrize("y", [[2, 0], [["a"], ["b"], ["c"]], np.zeros((3, 2)), np.zeros((3, 3, 1))])
def test_anything_else_is_refused_with_what_is_needed(y):
    with pytest.raises(ValueError, match=r"\(3,\) numbers, or one-hot \(3, 3\)"):
        one_per_row(y, 3, 3)
