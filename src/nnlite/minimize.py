"""Training by SciPy: θ is one vector and the loss one number, so any minimizer of functions will do.

A quasi-Newton method such as L-BFGS learns from successive gradients how the loss bends, and chooses its
steps accordingly. It needs the loss of *all* samples in every step, and it needs that loss to be the same
whenever θ is. For small data and small networks it finds a minimum that the rules of
:mod:`nnlite.optim` need thousands of epochs for; for large data a single one of its steps is too dear.
"""

import math
import sys
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

from nnlite._lib.checks import whole_number
from nnlite.callbacks.base import History
from nnlite.errors import NonFiniteError, explain, unknown_name
from nnlite.models.fit import InterruptBetweenSteps
from nnlite.tensor import Array

__all__ = ["Minimization", "minimize"]

METHODS = ("L-BFGS-B", "CG", "BFGS", "Newton-CG")
_MOST_DENSE = 5000  # parameters for BFGS, which keeps a matrix of n × n numbers

Vector = npt.NDArray[np.float64]


class Minimization(History):
    """What :func:`minimize` did: the loss after every iteration, and how it ended.

    Attributes
    ----------
    history : dict of str to list of float
        ``"loss"`` after each iteration, and ``"val_..."`` if there are validation data.
    success : bool
        Whether the method found what it was looking for, rather than running out of iterations.
    message : str
        What it says of that.
    evaluations : int
        How often loss and gradient were computed, which is the cost.
    """

    def __init__(self) -> None:
        super().__init__()
        self.success, self.message, self.evaluations = False, "interrupted", 0

    def __repr__(self) -> str:
        return f"<Minimization: {len(self.epoch)} iterations, {self.evaluations} evaluations; {self.message}>"


def minimize(
    model: Any,
    x: Any,
    y: Any,
    method: str = "L-BFGS-B",
    maxiter: int = 200,
    tol: float | None = None,
    sample_weight: Any = None,
    validation_data: Any = None,
    options: dict[str, Any] | None = None,
) -> Minimization:
    """Train a compiled model by a minimizer of SciPy's.

    Parameters
    ----------
    model : Model
        A compiled one. Its optimizer is not used; frozen layers stay as they are.
    x, y, sample_weight : array_like
        The data, as for ``model.fit``; all of them are one batch.
    method : {'L-BFGS-B', 'CG', 'BFGS', 'Newton-CG'}
        Methods that use the gradient. BFGS keeps a matrix of n × n numbers for n parameters.
    maxiter : int, default 200
        Number of iterations at most; each takes one or a few evaluations of loss and gradient.
    tol : float, optional
        When to stop; its meaning is the method's.
    validation_data : tuple (x, y) or (x, y, sample_weight), optional
        What to evaluate after each iteration.
    options : dict, optional
        The method's own, such as ``{"maxcor": 20}``.

    Returns
    -------
    Minimization
        Also ``model.history``.

    Raises
    ------
    ValueError
        If a layer draws random numbers or a weight is constrained, if nothing is trainable, if the method is
        unknown, or needs too large a matrix.
    NonFiniteError
        If the loss is NaN or infinite where the training begins.

    Notes
    -----
    The model ends with the weights of the least loss that was met, also after Ctrl-C, which is raised when
    they are in place. A float32 model computes in float32, and only the vector that SciPy sees is float64;
    near a minimum its loss is too rough for a method to go on, and ``model.cast("float64")`` helps.

    A layer that normalizes over the batch is trained as it is with ``batch_size=len(x)``, and its running
    averages follow every iteration.

    Examples
    --------
    >>> import nnlite
    >>> from nnlite.layers import Dense
    >>> model = nnlite.Sequential([Dense(1, input_shape=(1,), dtype="float64")])
    >>> model.compile(loss="mse")
    >>> done = minimize(model, np.array([0.0, 1.0, 2.0]), np.array([1.0, 3.0, 5.0]))
    >>> model.layers[0].W.round(4).item(), model.layers[0].b.round(4).item()
    (2.0, 1.0)
    """
    from scipy import optimize  # slow to import

    if method not in METHODS:
        raise ValueError(unknown_name("method", method, METHODS))
    options = {**(options or {}), "maxiter": whole_number("maxiter", maxiter, 1)}
    objective = _Objective(model, x, y, sample_weight, method)
    history = Minimization()
    model.history = history

    def after_iteration(theta: Vector) -> None:
        logs = {"loss": objective.loss_at(theta)}
        model.commit()
        if validation_data is not None:
            objective.put(theta)
            measured = model.evaluate(
                *validation_data[:2], verbose=0, return_dict=True, **_weight(validation_data)
            )
            logs |= {f"val_{name}": value for name, value in measured.items()}
        history.on_epoch_end(len(history.epoch), logs)

    with InterruptBetweenSteps() as interrupt, np.errstate(over="ignore", invalid="ignore"):
        objective.check = interrupt.check
        try:
            result = optimize.minimize(
                objective,
                objective.get(),
                method=method,
                jac=True,
                tol=tol,
                callback=after_iteration,
                options=options,
            )
            history.success, history.message = bool(result.success), str(result.message)
        finally:
            history.evaluations = objective.evaluations
            objective.put(objective.best)
    return history


class _Objective:
    """The loss as a function of the trainable part of θ, in float64."""

    def __init__(self, model: Any, x: Any, y: Any, sample_weight: Any, method: str) -> None:
        _check_deterministic(model)
        self.step, self.data = model.step_for(x, y, sample_weight)
        self.store = model.store
        self.evaluations = 0
        self.check: Any = None
        n = sum(place.stop - place.start for place in self.store.trainable)
        _check_parameters(model, n, method)
        self.best, self.least, self.worst = self.get(), math.inf, -math.inf
        self._recent: dict[bytes, float] = {}  # the losses since the last iteration

    def get(self) -> Vector:
        """Return a copy of the trainable part of θ."""
        return np.concatenate([self.store.theta[place] for place in self.store.trainable]).astype(np.float64)

    def put(self, theta: Vector) -> None:
        """Write the trainable part of θ."""
        start = 0
        for place in self.store.trainable:
            end = start + place.stop - place.start
            self.store.theta[place] = theta[start:end]
            start = end

    def __call__(self, theta: Vector) -> tuple[float, Vector]:
        """Return the loss and its gradient."""
        self.check()
        self.put(theta)
        loss, _, _ = self.step.gradient(*self.data)
        self.evaluations += 1
        loss = float(loss)
        if not math.isfinite(loss):
            if self.evaluations == 1:
                raise NonFiniteError(
                    explain(
                        f"the loss is {loss} with the weights that there are",
                        needed="weights to begin with that give a finite loss",
                    )
                )
            return self._wall(theta)
        self.worst = max(self.worst, loss)
        if loss < self.least:
            self.best, self.least = theta.copy(), loss
        self._recent[theta.tobytes()] = loss
        gradient: Array = np.concatenate([self.store.grad[place] for place in self.store.trainable])
        return loss, gradient.astype(np.float64)

    def _wall(self, theta: Vector) -> tuple[float, Vector]:
        """Return a loss and a gradient for where there are none, because a step went too far.

        They are those of a parabola with its bottom at the best θ, higher here than any loss that was met:
        a line search interpolates between the losses, and could not do so with infinity.
        """
        away = theta - self.best
        height = self.worst + abs(self.worst) + 1 - self.least
        return self.least + height, 2 * height / (away @ away) * away

    def loss_at(self, theta: Vector) -> float:
        """Return the loss at a point where it was computed a moment ago."""
        loss = self._recent.get(theta.tobytes())
        loss = self(theta)[0] if loss is None else loss
        self._recent = {theta.tobytes(): loss}
        return loss


def _weight(validation_data: Any) -> dict[str, Any]:
    return {"sample_weight": validation_data[2]} if len(validation_data) > 2 else {}


def _check_deterministic(model: Any) -> None:
    """Refuse layers that draw random numbers when they train."""
    for layer in model.leaves:
        if any(isinstance(value, np.random.Generator) for value in vars(layer).values()):
            raise ValueError(
                explain(
                    f"{layer.label} draws random numbers",
                    needed="a loss that is the same whenever θ is",
                    why="a line search compares the losses of two θ, and could not tell which is better",
                    fix="a model without this layer, or model.fit",
                )
            )


def _check_parameters(model: Any, n: int, method: str) -> None:
    """Refuse what there is nothing to minimize over, or too much for the method."""
    if n == 0:
        raise ValueError(
            explain("all layers are frozen", needed="a trainable one", fix="layer.trainable = True")
        )
    if model.store.constraints:
        span = model.store.constraints[0][0]
        raise ValueError(
            explain(
                f"{span.layer.label}.{span.name} has a constraint",
                needed="weights that may go anywhere",
                why="the method would not know that its steps are cut off",
                fix="a regularizer in its place, or model.fit",
            )
        )
    if method == "BFGS" and n > _MOST_DENSE:
        raise ValueError(
            explain(
                f"{method} would keep a matrix of {n:,} × {n:,} numbers, {8e-9 * n * n:,.1f} GB",
                needed=f"at most {_MOST_DENSE:,} trainable parameters",
                fix="method='L-BFGS-B', which keeps a few vectors",
            )
        )


class _Minimize(ModuleType):
    """Type of this module, which may be called like its function: ``nnlite.minimize(model, x, y)``."""

    def __call__(self, *arguments: Any, **options: Any) -> Minimization:
        return minimize(*arguments, **options)


sys.modules[__name__].__class__ = _Minimize
