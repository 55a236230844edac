"""Choosing hyper-parameters: what cannot be found by walking downhill is tried out, and the best is kept.

A *space* says which values may be taken, a *plan* (:class:`Grid`, :class:`Random`) which of them are tried,
and :func:`search` tries them: it calls a function that builds a model, trains it and returns how good it is
on rows that it was not trained on. :func:`coarse_to_fine` narrows the space around the best and begins
again. :func:`cross_validate` is a score for when there are few data.
"""

from nnlite.search.folds import Folds, cross_validate
from nnlite.search.run import coarse_to_fine, search
from nnlite.search.space import Choice, Dimension, Grid, Integer, LogUniform, Random, Uniform
from nnlite.search.table import Trials

__all__ = [
    "Choice",
    "Dimension",
    "Folds",
    "Grid",
    "Integer",
    "LogUniform",
    "Random",
    "Trials",
    "Uniform",
    "coarse_to_fine",
    "cross_validate",
    "search",
]
