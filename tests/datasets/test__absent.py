import numpy as np
import pytest

import nnlite
from nnlite.datasets import boston_housing, cifar10, cifar100, imdb, reuters


@pytest.mark.parametrize("absent", [boston_housing, cifar10, cifar100, imdb, reuters], ids=lambda a: a.name)
def test_the_error_says_what_to_use(absent):
    with pytest.raises(NotImplementedError) as error:
        absent.load_data(num_words=10000)
    text = str(error.value)
    assert text.startswith(f"nnlite has no data set {absent.name}\n  why: ")
    module, function = text.split("nnlite.datasets.")[1].split(".load_data(")[0], "load_data"
    assert callable(getattr(getattr(nnlite.datasets, module), function))


def test_a_column_for_each_word():
    texts, words = ["good film", "bad film"], ["good", "bad", "film"]
    x = np.array([[word in text.split() for word in words] for text in texts], float)
    assert x.tolist() == [[1, 0, 1], [0, 1, 1]]
