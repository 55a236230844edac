"""Data sets: real ones, looked for on this disk and then on the web, and drawn ones that need neither.

``mnist``, ``fashion_mnist`` and ``california_housing`` are modules with a function ``load_data()``, as in
Keras; the others are functions. Keras's ``boston_housing``, ``imdb``, ``reuters``, ``cifar10`` and
``cifar100`` are not here: their ``load_data()`` says what to use.
"""

from nnlite.datasets import california_housing, fashion_mnist, mnist
from nnlite.datasets._absent import boston_housing as boston_housing
from nnlite.datasets._absent import cifar10 as cifar10
from nnlite.datasets._absent import cifar100 as cifar100
from nnlite.datasets._absent import imdb as imdb
from nnlite.datasets._absent import reuters as reuters
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
