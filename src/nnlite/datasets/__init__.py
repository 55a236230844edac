"""Data sets: real ones, looked for on this disk and then on the web, and drawn ones that need neither.

``mnist``, ``fashion_mnist`` and ``california_housing`` are modules with a function ``load_data()``, as in
Keras; the others are functions.
"""

from nnlite.datasets import california_housing, fashion_mnist, mnist
from nnlite.datasets.digits import digits
from nnlite.datasets.synthetic import disc, disc_bayes, disc_probability, moons, spirals, xor

__all__ = [
    "california_housing",
    "digits",
    "disc",
    "disc_bayes",
    "disc_probability",
    "fashion_mnist",
    "mnist",
    "moons",
    "spirals",
    "xor",
]
