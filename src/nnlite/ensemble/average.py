"""The average of several models' predictions, and what it is worth beside its members."""

import copy
import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nnlite.errors import ShapeError, explain
from nnlite.losses import registry as losses
from nnlite.metrics import registry as metrics
from nnlite.tensor import Array, Shape

__all__ = ["Ensemble", "EnsembleReport"]


@dataclass(frozen=True)
class EnsembleReport:
    """The figures of the members, one by one, and those of the ensemble; ``print(report)`` shows a table.

    Attributes
    ----------
    members : tuple of dict
        ``{"loss": ..., "accuracy": ...}`` of each member.
    ensemble : dict
        The same of the averaged predictions.
    """

    members: tuple[Mapping[str, float], ...]
    ensemble: Mapping[str, float]

    @property
    def mean(self) -> dict[str, float]:
        """The members' figures on the average."""
        return {name: float(np.mean([member[name] for member in self.members])) for name in self.ensemble}

    def __str__(self) -> str:
        rows = [(f"member {i}", member) for i, member in enumerate(self.members)]
        rows += [("their mean", self.mean), ("ensemble", self.ensemble)]
        widths = {name: max(len(name), 8) for name in self.ensemble}
        left = max(len(title) for title, _ in rows)
        lines = [" " * left + "".join(f"  {name:>{width}}" for name, width in widths.items())]
        lines += [
            f"{title:<{left}}" + "".join(f"  {row[name]:>{width}.4f}" for name, width in widths.items())
            for title, row in rows
        ]
        return "\n".join(lines)


class Ensemble:
    """Models that predict together.

    With the predictions ``p[m]`` of the members::

        y = np.mean(p, axis=0)

    For classes these are probabilities: the members vote with their confidence.

    Parameters
    ----------
    models : sequence
        Objects with ``predict(x)``, nnlite's or others. Of those with ``predict_proba(x)``, as
        scikit-learn's classifiers have it, that is taken.

    Raises
    ------
    ValueError
        If there are none, or one object is there twice.
    TypeError
        If one cannot predict.

    Notes
    -----
    Where a loss is convex in the predictions, as the squared error and the cross-entropies are, the loss of
    the ensemble is at most the mean of its members' losses. It need not be less than the best member's.
    """

    def __init__(self, models: Sequence[Any]) -> None:
        self.models = list(models)
        if not self.models:
            raise ValueError(explain("the ensemble has no members", needed="at least one model"))
        for i, model in enumerate(self.models):
            if not hasattr(model, "predict"):
                raise TypeError(explain(f"member {i} is {model!r}", needed="an object with predict(x)"))
            if any(model is other for other in self.models[:i]):
                raise ValueError(
                    explain(
                        f"member {i} is the same object as one before it",
                        needed="models of their own",
                        why="whatever trains the one trains the other, and both predict the same",
                        fix="build a new model for each member",
                    )
                )

    def __len__(self) -> int:
        return len(self.models)

    def predictions(self, x: Any) -> list[Array]:
        """Return the predictions of the members, one by one.

        Raises
        ------
        TypeError
            If a member predicts class numbers, of which there is no average.
        ShapeError
            If the members' predictions differ in shape.
        """
        predicted = [_predict(model, x) for model in self.models]
        for i, p in enumerate(predicted):
            if p.dtype.kind not in "fc":
                raise TypeError(
                    explain(
                        f"member {i} predicts numbers of type {p.dtype}",
                        needed="probabilities, or quantities",
                        why="the mean of class 0 and class 2 is not class 1",
                        fix="a member with predict_proba(x)",
                    )
                )
            if p.shape != predicted[0].shape:
                raise ShapeError(
                    explain(
                        f"member {i} predicts an array of shape {p.shape}, member 0 one of "
                        f"shape {predicted[0].shape}",
                        needed="one shape",
                    )
                )
        return predicted

    def predict(self, x: Any) -> Array:
        """Return the mean of the members' predictions."""
        return _mean(self.predictions(x))

    def evaluate(self, x: Any, y: Any, loss: Any = None, metrics: Sequence[Any] | None = None) -> Any:
        """Measure the members and the ensemble on the same data.

        Parameters
        ----------
        x, y : array_like
            Samples and targets.
        loss : str or Loss, optional
            That of the first member, if not given.
        metrics : sequence of (str or Metric), optional
            Those of the first member, if not given.

        Returns
        -------
        EnsembleReport

        Raises
        ------
        ValueError
            If there is no loss.
        """
        predicted = self.predictions(x)
        measure = _Measure(self.models[0], loss, metrics, y, predicted[0])
        return EnsembleReport(tuple(map(measure, predicted)), measure(_mean(predicted)))

    def __repr__(self) -> str:
        return f"<Ensemble of {len(self)}>"


class _Measure:
    """Loss and metrics of predictions, for targets that are always the same."""

    def __init__(self, first: Any, loss: Any, specs: Sequence[Any] | None, y: Any, p: Array) -> None:
        loss = getattr(first, "loss", None) if loss is None else loss
        if loss is None:
            raise ValueError(
                explain(
                    "the first member has no loss",
                    needed="a loss to measure by",
                    fix="ensemble.evaluate(x, y, loss='mse')",
                )
            )
        if specs is None:
            specs = copy.deepcopy(getattr(first, "metrics", []))
        shape = Shape(None, *p.shape[1:])
        self.loss = losses.get(loss)
        self.y = self.loss.check_targets(np.asarray(y), shape)
        self.metrics = metrics.resolve(specs, [self.y], shape)

    def __call__(self, p: Array) -> dict[str, float]:
        figures = {"loss": float(self.loss(self.y, p))}
        for metric in self.metrics:
            metric.reset_state()
            metric.update_state(self.y, p)
            figures |= metric.logs()
        return figures


def _predict(model: Any, x: Any) -> Array:
    """Return a member's predictions, without a bar on the screen."""
    if hasattr(model, "predict_proba"):
        return np.asarray(model.predict_proba(x))
    silent = {"verbose": 0} if "verbose" in inspect.signature(model.predict).parameters else {}
    return np.asarray(model.predict(x, **silent))


def _mean(predicted: list[Array]) -> Array:
    return np.asarray(np.mean(predicted, axis=0))
