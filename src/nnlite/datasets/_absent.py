"""Data sets of Keras that are not here: what to use in place of each."""

from typing import NoReturn

from nnlite.errors import explain

__all__ = ["Absent", "boston_housing", "cifar10", "cifar100", "imdb", "reuters"]


class Absent:
    """A data set that is not here; `load_data` says why, and what to use.

    Parameters
    ----------
    name : str
    why, fix : str
        What the error says.
    """

    def __init__(self, name: str, why: str, fix: str) -> None:
        self.name, self.why, self.fix = name, why, fix

    def load_data(self, *args: object, **kwargs: object) -> NoReturn:
        """Refuse to load.

        Raises
        ------
        NotImplementedError
            Always.
        """
        raise NotImplementedError(explain(f"nnlite has no data set {self.name}", why=self.why, fix=self.fix))


_TEXTS = (
    "it holds texts as lists of word numbers, for layers that nnlite does not have",
    "nnlite.datasets.fashion_mnist.load_data(); of texts of your own, a column for each word: "
    "x = np.array([[word in text.split() for word in words] for text in texts], float)",
)
_COLOURS = (
    "pictures in colour need convolutions, which nnlite does not have",
    "nnlite.datasets.fashion_mnist.load_data()",
)
boston_housing = Absent(
    "boston_housing",
    "its column B takes the share of Black people for a cause of prices; Keras discourages its use, too",
    "nnlite.datasets.california_housing.load_data(version='small')",
)
imdb, reuters = Absent("imdb", *_TEXTS), Absent("reuters", *_TEXTS)
cifar10, cifar100 = Absent("cifar10", *_COLOURS), Absent("cifar100", *_COLOURS)
