"""The import lines of a Keras script, as they stand: ``import tensorflow as tf`` and the like give nnlite.

Nothing happens before :func:`install` is called.
"""

import importlib
import sys
from collections.abc import MutableSequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec, spec_from_loader
from types import ModuleType
from typing import Any

from nnlite.errors import explain

__all__ = ["install", "uninstall"]

ROOTS = ("tensorflow", "keras")


class _TensorFlow(ModuleType):
    """``tf``: the module ``keras``, and nothing else of TensorFlow."""

    __path__: MutableSequence[str] = []  # noqa: RUF012 - makes it a package, so that tensorflow.keras can be imported

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name == "keras":
            return importlib.import_module("nnlite")
        raise AttributeError(
            explain(
                f"the script asks for tf.{name}",
                needed="tf.keras, and what it has of Keras",
                why="nnlite stands in for Keras on dense networks; it is not TensorFlow",
                fix="with NumPy: import numpy as np",
            )
        )


class _Finder(MetaPathFinder, Loader):
    """Gives ``nnlite.layers`` for ``keras.layers`` and for ``tensorflow.keras.layers``, and so on."""

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        own = _own_name(fullname)
        if own is None or (own and find_spec(own) is None):
            return None
        return spec_from_loader(fullname, self)

    def exec_module(self, module: ModuleType) -> None:
        # what stands in sys.modules after this is what the import gives
        own = _own_name(module.__name__)
        sys.modules[module.__name__] = (
            importlib.import_module(own) if own else _TensorFlow("tensorflow", _TensorFlow.__doc__)
        )


_FINDER = _Finder()


def _own_name(name: str) -> str | None:
    """Return nnlite's module of this name, "" for tensorflow itself, None if it is nothing of ours."""
    if name == "tensorflow":
        return ""
    for root in ("tensorflow.keras", "keras"):
        if name == root or name.startswith(f"{root}."):
            return "nnlite" + name.removeprefix(root)
    return None


def install(replace: bool = False) -> None:
    """Let ``tensorflow`` and ``keras`` be nnlite for the rest of this program, and say so in a line.

    From then on these lines of a course's script work as they are, for networks of dense layers::

        import tensorflow as tf                      # tf.keras, and nothing else of tf
        from tensorflow import keras
        from tensorflow.keras import layers
        import keras
        from keras.layers import Dense

    Parameters
    ----------
    replace : bool, default False
        Whether to do so where TensorFlow or Keras is installed, too.

    Raises
    ------
    RuntimeError
        If TensorFlow or Keras is installed, and `replace` is not given; or if one of them is already
        imported.

    Examples
    --------
    >>> install(replace=True)
    nnlite.compat: tensorflow and keras are nnlite in this program
    >>> from tensorflow.keras.layers import Dense
    >>> Dense.__module__
    'nnlite.layers.dense'
    >>> uninstall()
    """
    if _FINDER in sys.meta_path:
        return
    if imported := [name for name in ROOTS if name in sys.modules]:
        raise RuntimeError(
            explain(
                f"{imported[0]} is already imported",
                needed="nnlite.compat.install() before the first import of it",
                fix="put the line at the top of the script",
            )
        )
    if not replace and (there := [name for name in ROOTS if find_spec(name) is not None]):
        raise RuntimeError(
            explain(
                f"{there[0]} is installed here",
                needed="to be told that nnlite is meant in its place",
                why="a script that asks for the real library gets it, if nothing else is said",
                fix="nnlite.compat.install(replace=True)",
            )
        )
    sys.meta_path.insert(0, _FINDER)
    print("nnlite.compat: tensorflow and keras are nnlite in this program")  # noqa: T201 - said, not silent


def uninstall() -> None:
    """Take back what :func:`install` did; modules that a script holds stay as they are."""
    if _FINDER in sys.meta_path:
        sys.meta_path.remove(_FINDER)
        for name in [name for name in sys.modules if _own_name(name) is not None]:
            del sys.modules[name]
