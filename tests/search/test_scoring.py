import random

import numpy as np

from nnlite import config
from nnlite.search.scoring import attempt


def test_random_numbers_depend_on_the_seed_alone():
    def draws():
        return random.random() + np.random.rand() + float(config.generator("noise").random())  # noqa: NPY002

    first, again, other = (attempt(1, i, draws).score for i in (2, 2, 3))
    assert first == again != other


def test_arguments_are_handed_on():
    assert attempt(0, 0, lambda a, b: a - b, 5, b=3) == (2.0, None, "")
