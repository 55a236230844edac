"""The three checks: of a layer, of a loss, of a whole model."""

from __future__ import annotations  # so that naming numpy.random's types does not load it

import copy
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from nnlite.derivatives.numeric import Function, Method, quiet
from nnlite.gradcheck.compare import Check, as_double
from nnlite.gradcheck.report import Report, Row
from nnlite.tensor import Array, Shape

__all__ = ["check_layer", "check_loss", "check_model"]


def check_layer(
    layer: Any,
    x: npt.ArrayLike,
    *,
    rtol: float | None = None,
    training: bool = True,
    rng: int | np.random.Generator = 0,
    method: Method = "auto",
    samples: int | None = None,
) -> Report:
    """Check a layer's gradients: dx, and that of every parameter.

    The layer is followed by f = Σ r·y with random r, so that ``backward(r)`` should return df/dx and write
    df/dW. All is done in float64, on copies; the layer itself is left as it is. Every evaluation begins with
    a fresh copy, so a layer that draws random numbers draws the same ones each time.

    Parameters
    ----------
    layer : Layer
        Or anything with ``forward(x, training)`` and ``backward(dy)``; with parameters also ``params``,
        ``grads`` and, for the complex step, ``cast(dtype)``. If it is not built yet, its copy is.
    x : array_like, shape (n, ...)
        A batch. Whole numbers, such as indices, have no gradient; then only the parameters are checked.
    rtol : float, optional
        Allowed error, relative to the largest number of each array; 1e-10 for the complex step and 1e-8 for
        five points if not given. What rounding does to the latter is estimated and allowed in addition. At a
        kink, where the slopes on the two sides differ, nothing is compared, and the report says so.
    training : bool, default True
        Whether y is computed as in training. With False, the gradient of training is compared with the
        function of prediction, which should agree for all layers except those like Dropout.
    rng : int or Generator, default 0
        Draws r and samples.
    method : {'auto', 'complex-step', 'five-point'}
        See the module's introduction.
    samples : int, optional
        Check so many entries of each array, drawn at random. By default all: a forward pass for every
        number (four by five points), which is too slow beyond some ten thousand.

    Returns
    -------
    Report
        With rows ``"x"``, ``"W"``, …; a regularizer's penalty is not a part of them, because a model adds it.

    Raises
    ------
    TypeError
        If the method is ``'complex-step'`` and the layer does not carry complex numbers.
    """
    x = as_double(x)
    check = Check(method, rtol, samples, np.random.default_rng(rng), len(x))
    real = _layer_in_double(layer, x)
    work = copy.deepcopy(real)
    for gradient in getattr(work, "grads", {}).values():
        gradient[...] = np.nan  # what backward does not write, or adds to, shows
    given = x.copy()
    with quiet():
        y = work.forward(given, True)
        r = check.rng.standard_normal(y.shape)
        dy = r.copy()
        dx = work.backward(dy)
    f = _layer_function(real, x, r, training)
    rows = [check.gradient(name, real.params[name], work.grads.get(name), f(name)) for name in _params(real)]
    if x.dtype.kind == "f":
        rows.insert(0, check.gradient("x", x, dx, f(None)))
    rows += _broken_promises(y, x, given, r, dy)
    return Report(f"{_label(layer)}, for x of shape {x.shape}", tuple(rows))


def _layer_in_double(layer: Any, x: Array) -> Any:
    """Return a copy of the layer, built, in float64."""
    own = copy.deepcopy(layer)
    if not getattr(own, "built", True):
        own.build((None, *x.shape[1:]))
    if hasattr(own, "cast"):
        own.cast(np.float64)
    return own


def _params(layer: Any) -> dict[str, Array]:
    params: dict[str, Array] = getattr(layer, "params", {})
    return params


def _layer_function(real: Any, x: Array, r: Array, training: bool) -> Callable[[str | None], Function]:
    """Return, for a parameter's name or None for x, the function f of that array."""
    carries = hasattr(real, "cast") or not _params(real)
    in_complex = copy.deepcopy(real)
    if hasattr(real, "cast"):
        in_complex.cast(np.complex128)

    def of(name: str | None) -> Function:
        def f(values: Array) -> Any:
            if np.iscomplexobj(values) and not carries:
                raise TypeError("its parameters are real, and it has no cast()")
            work = copy.deepcopy(in_complex if np.iscomplexobj(values) else real)
            if name is None:
                return (r * work.forward(values, training)).sum()
            work.params[name][...] = values
            batch = x if x.dtype.kind != "f" else x.astype(values.dtype)
            return (r * work.forward(batch, training)).sum()

        return f

    return of


def _broken_promises(y: Array, x: Array, given: Array, r: Array, dy: Array) -> Iterator[Row]:
    """Yield a row for what would go wrong in a network though the gradients may be right."""
    if y.dtype.kind == "f" and y.dtype.itemsize < 8:
        cause = f"forward returned {y.dtype} for float64: there is single precision somewhere"
        yield Row("y", "formula", ok=False, cause=cause)
    for name, before, after in (("x", x, given), ("dy", r, dy)):
        if not np.array_equal(before, after, equal_nan=before.dtype.kind == "f"):
            cause = f"the layer wrote into the {name} that it was given, which others may still need"
            yield Row(f"{name} itself", "formula", ok=False, cause=cause)


def check_loss(
    loss: Any,
    y_true: npt.ArrayLike,
    y_pred: npt.ArrayLike,
    *,
    sample_weight: npt.ArrayLike | None = None,
    rtol: float | None = None,
    rng: int | np.random.Generator = 0,
    method: Method = "auto",
    samples: int | None = None,
) -> Report:
    """Check the gradient of a loss, and its short cut from logits if it has a link.

    Parameters
    ----------
    loss : Loss
        Or anything that can be called as ``loss(y_true, y_pred)`` and has ``gradient(y_true, y_pred)``.
    y_true, y_pred, sample_weight : array_like
        As for the loss.
    rtol, rng, method, samples
        As for `check_layer`.

    Returns
    -------
    Report
        With a row ``"y_pred"`` and, if the loss has a ``link``, rows ``"fused dz"`` (the gradient of the sum
        of the values with respect to random logits), ``"fused p"`` (p = link(z)) and ``"fused values"``.

    Raises
    ------
    TypeError
        If the method is ``'complex-step'`` and the loss does not carry complex numbers.
    """
    y, p = as_double(y_true), np.array(y_pred, np.float64)
    check = Check(method, rtol, samples, np.random.default_rng(rng), len(p))
    weight = () if sample_weight is None else (np.array(sample_weight, np.float64),)
    with quiet():
        gradient = loss.gradient(y, p.copy(), *weight)
    rows = [check.gradient("y_pred", p, gradient, lambda p: loss(y, p, *weight))]
    if getattr(loss, "link", None) is not None:
        rows += _check_fused(check, loss, y, p.shape)
    return Report(f"{_label(loss)}, for y_pred of shape {p.shape}", tuple(rows))


_LINKS: dict[str, Function] = {  # written anew, so that they are a check; logits of a check do not overflow
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "softmax": lambda z: np.exp(z) / np.exp(z).sum(axis=-1, keepdims=True),
}


def _check_fused(check: Check, loss: Any, y: Array, shape: tuple[int, ...]) -> list[Row]:
    """Check values, p and dz of ``loss.fused`` at random logits."""
    z = check.rng.standard_normal(shape if len(shape) > 1 else (*shape, 1))
    y = loss.check_targets(y, Shape(z.shape))
    with quiet():
        values, p, dz = loss.fused(y, z.copy())
        rows = [check.gradient("fused dz", z, dz, lambda z: loss.fused(y, z)[0].sum())]
        if not (loss.link == "softmax" and z.shape[-1] == 1):  # then p is 1, which values() cuts off
            rows.append(check.equal("fused values", values, loss.values(y, p)))
        if loss.link in _LINKS:
            rows.append(check.equal("fused p", p, _LINKS[loss.link](z)))
    return rows


def check_model(
    model: Any,
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    sample_weight: npt.ArrayLike | None = None,
    rtol: float | None = None,
    rng: int | np.random.Generator = 0,
    method: Method = "auto",
    samples: int | None = None,
) -> Report:
    """Check the gradient of a compiled model's loss, penalties included: for every parameter and for x.

    Parameters
    ----------
    model : Sequential
        Or anything with ``loss_and_gradient(x, y)`` and a ``store``. It is left as it is; all is done in
        float64, on copies, each of which draws the same random numbers.
    x, y, sample_weight : array_like
        A batch, small if possible.
    rtol, rng, method
        As for `check_layer`.
    samples : int, optional
        Check so many entries of each array, drawn at random. By default all: a forward and a backward pass
        for every parameter and every number in x (four by five points). A network of a few thousand takes
        seconds; for 784-100-10, ``samples=20`` is enough to find what is wrong anywhere.

    Returns
    -------
    Report
        With a row for each array, called as messages call it, ``"Dense 'hidden'.W"``, and a row ``"x"``.

    Raises
    ------
    TypeError
        If the method is ``'complex-step'`` and a layer or the loss does not carry complex numbers.
    """
    inputs: list[Any] = list(x) if isinstance(x, list | tuple) and all(np.ndim(p) > 1 for p in x) else [x]
    several, xs = len(inputs) > 1, [as_double(part) for part in inputs]
    y = [as_double(part) for part in y] if isinstance(y, list | tuple) and np.ndim(y[0]) > 1 else as_double(y)
    check = Check(method, rtol, samples, np.random.default_rng(rng), len(xs[0]))
    weight = () if sample_weight is None else (np.array(sample_weight, np.float64),)
    real = copy.deepcopy(model)
    if not getattr(real, "built", True):
        real.build((None, *xs[0].shape[1:]))
    real.cast(np.float64)
    in_complex = copy.deepcopy(real)
    in_complex.cast(np.complex128)

    def loss_of(work: Any, parts: list[Array]) -> Any:
        return work.loss_and_gradient(parts if several else parts[0], y, *weight)[0]

    def of(name: str | int) -> Function:
        """Return the loss as a function of a parameter, by its name, or of an input, by its number."""

        def f(values: Array) -> Any:
            work = copy.deepcopy(in_complex if np.iscomplexobj(values) else real)
            if isinstance(name, int):
                return loss_of(work, [*xs[:name], values, *xs[name + 1 :]])
            _arrays(work)[name][0][...] = values
            return loss_of(
                work, [part if part.dtype.kind != "f" else part.astype(values.dtype) for part in xs]
            )

        return f

    work = copy.deepcopy(real)
    work.store.grad[...] = np.nan  # what backward does not write, or adds to, shows
    with quiet():
        given = [part.copy() for part in xs]
        _, dx = work.loss_and_gradient(given if several else given[0], y, *weight)
    rows = [check.gradient(name, theta, grad, of(name)) for name, (theta, grad) in _arrays(work).items()]
    for i, (part, gradient) in enumerate(zip(xs, dx if several else [dx], strict=True)):
        if part.dtype.kind == "f":
            rows.append(check.gradient(f"x[{i}]" if several else "x", part, gradient, of(i)))
    shapes = ", ".join(str(part.shape) for part in xs)
    return Report(f"{_label(model)}, for x of shape {shapes}", tuple(rows))


def _arrays(model: Any) -> dict[str, tuple[Array, Array]]:
    """Return the model's parameters and their gradients by name; they are windows into its vectors."""
    return {name: (theta, grad) for name, theta, grad in model.store.named()}


def _label(subject: Any) -> str:
    """Return what messages call it: ``Dense 'hidden'``."""
    label = getattr(subject, "label", None)
    return label if isinstance(label, str) else type(subject).__name__
