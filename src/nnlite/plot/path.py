"""The way of the weights during a training."""

from nnlite.callbacks.base import Callback, Logs
from nnlite.errors import explain
from nnlite.plot._theta import theta_of
from nnlite.tensor import Array

__all__ = ["WeightPath"]


class WeightPath(Callback):
    """A callback that keeps θ from before the training, and after each epoch or step.

    Parameters
    ----------
    every : {'epoch', 'batch'}, default 'epoch'
        When θ is kept. Each time costs as much memory as the model's parameters.

    Attributes
    ----------
    points : list of ndarray, shape (n,)
        The points so far, the first one from before the training. A second `fit` goes on with the list.

    Raises
    ------
    ValueError
        If ``every`` is neither of the two.

    Examples
    --------
    >>> import nnlite
    >>> model = nnlite.Sequential([nnlite.layers.Dense(1, input_shape=(2,))])
    >>> model.compile("sgd", "mse")
    >>> path = WeightPath()
    >>> _ = model.fit([[0.0, 1.0]], [1.0], epochs=3, callbacks=[path], verbose=0)
    >>> len(path.points)
    4
    """

    def __init__(self, every: str = "epoch") -> None:
        if every not in ("epoch", "batch"):
            raise ValueError(explain(f"every is {every!r}", needed="'epoch' or 'batch'"))
        self.every = every
        self.points: list[Array] = []

    @property
    def watches_batches(self) -> bool:
        """Whether it has something to do at a training batch."""
        return self.every == "batch"

    def on_train_begin(self, logs: Logs | None = None) -> None:  # noqa: D102
        if not self.points:
            self.points.append(theta_of(self.model))

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:  # noqa: D102
        if self.every == "batch":
            self.points.append(theta_of(self.model))

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:  # noqa: D102
        if self.every == "epoch":
            self.points.append(theta_of(self.model))
