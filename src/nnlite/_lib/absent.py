"""Names that nnlite does not have: what a script that asks for one is told."""

from collections.abc import Iterable

__all__ = ["AbsentNameError"]

_INSTEAD = {
    "Conv|Pool|Padding|Cropping|UpSampling|LocallyConnected|RandomFlip|RandomRotation|Resizing": (
        "images are rows of numbers here; convolutions are in Keras and PyTorch",
        "Flatten() as the first layer, and then Dense(100, activation='relu')",
    ),
    "LSTM|GRU|RNN|Attention|Bidirectional|TimeDistributed|Masking|RepeatVector": (
        "sequences need layers that keep a state, which are in Keras and PyTorch",
        "Flatten() as the first layer, for sequences of one length",
    ),
    "Embedding|TextVectorization|Lookup|CategoryEncoding|Hashing|Discretization": (
        "words and categories come as columns of numbers here",
        "x = nnlite.utils.to_categorical(np.unique(words, return_inverse=True)[1])",
    ),
    "^ops$|^numpy$|^Variable$|^linalg$|^math$": (
        "its arrays are NumPy's, and so are the operations on them",
        "import numpy as np",
    ),
    "^random$": ("random numbers are NumPy's", "rng = np.random.default_rng(0)"),
    "^applications$|^quantizers$|^distribution$|^mixed_precision$": (
        "it trains small networks from nothing, on the CPU",
        "model = nnlite.Sequential([nnlite.layers.Dense(10)])",
    ),
}
"""Names that scripts for Keras have, why they are not here, and the line to write instead."""


class AbsentNameError(AttributeError):
    """The error for a name that a module does not have. It says what nnlite is, and what to use.

    Python asks for many names only to see whether they are there, so the message is made when it is read.

    Parameters
    ----------
    module : str
        As a script writes it: ``"nnlite.layers"``.
    name : str
    known : iterable of str
        The names that it has.
    """

    def __init__(self, module: str, name: str, known: Iterable[str]) -> None:
        super().__init__(module, name, known)

    def __str__(self) -> str:
        import re

        from nnlite.errors import explain, unknown_name

        module, name, known = self.args
        found = [instead for pattern, instead in _INSTEAD.items() if re.search(pattern, name)]
        why, fix = found[0] if found else ("", unknown_name("", name, known).partition("fix:")[2].strip())
        needed = "a part of dense networks in NumPy, which is what nnlite is"
        return explain(f"module {module!r} has no attribute {name!r}", needed=needed, why=why, fix=fix)
