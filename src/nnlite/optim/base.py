"""The contract of an optimizer: a rule that moves θ, and the state that the rule remembers.

A rule is a few lines of arithmetic on vectors: the parameters ``theta``, their gradient ``g``, and for each
name in ``slots`` one more vector that is kept from step to step. What all rules have in common, such as
clipping or weight decay, stands around the rule, in the order that Keras has:

    accumulate → clip → decay → the rule → average
"""

import math
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from nnlite._lib.checks import number, whole_number
from nnlite._lib.configurable import Configurable, plain
from nnlite._lib.names import snake_case
from nnlite.errors import explain, unknown_name
from nnlite.optim.schedules import LearningRateSchedule
from nnlite.optim.schedules import registry as schedules
from nnlite.tensor import Array

__all__ = ["Optimizer"]

_EVERYTHING = (slice(None),)


class Optimizer(Configurable):
    """What every optimizer does; derive from it and define `slots` and `update` to write one of your own.

    Parameters
    ----------
    learning_rate : float, LearningRateSchedule or callable
        How far a step goes; a schedule of the number of the step, or a function without arguments.
    weight_decay : float, optional
        λ, with which every step shrinks the weights: ``theta -= learning_rate * weight_decay * theta``.
    clipnorm, clipvalue, global_clipnorm : float, optional
        Longest gradient of one array, largest entry of a gradient, longest gradient of all arrays
        together; at most one of the three.
    use_ema : bool, default False
        Whether to keep a running average of θ, which takes θ's place when the training ends.
    ema_momentum : float, default 0.99
        How much of the average is kept in each step.
    ema_overwrite_frequency : int, optional
        After every how many steps the average takes θ's place already.
    loss_scale_factor : float, optional
        Accepted for scripts written for Keras: the gradient is not scaled here, so nothing is undone.
    gradient_accumulation_steps : int, optional
        Make a step of the rule only every so many batches, on the mean of their gradients.
    name : str, optional
    **older
        ``lr``, which Keras 2 called the learning rate, and ``decay``, which is ignored with a warning.

    Attributes
    ----------
    iterations : int
        Number of steps that the rule has made so far.
    waiting : int
        Number of batches since the last step, where gradients are accumulated.
    state : dict of str to ndarray
        The remembered vectors by name, each as long as θ.
    """

    slots: tuple[str, ...] = ()
    """Names of the vectors that the rule remembers."""

    first_value = 0.0
    """What the remembered vectors are filled with before the first step."""

    def __init__(
        self,
        learning_rate: Any,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        **older: Any,
    ) -> None:
        self.name = name or snake_case(type(self).__name__)
        self.iterations = 0
        self.state: dict[str, Array] = {}
        self.waiting = 0
        self._rate: Any = 0.0
        self.learning_rate = older.pop("lr", learning_rate)
        if older.pop("decay", None) is not None:
            warnings.warn(
                explain(
                    "decay is ignored: no optimizer takes it any more",
                    fix="learning_rate=nnlite.optim.schedules.InverseTimeDecay(rate, 1, decay)",
                ),
                stacklevel=3,
            )
        self.weight_decay = _optional("weight_decay", weight_decay)
        self.clipnorm = _optional("clipnorm", clipnorm)
        self.clipvalue = _optional("clipvalue", clipvalue)
        self.global_clipnorm = _optional("global_clipnorm", global_clipnorm)
        self.use_ema = bool(use_ema)
        self.ema_momentum = number("ema_momentum", ema_momentum, 0, 1, example=0.99, with_high=True)
        self.ema_overwrite_frequency = _count("ema_overwrite_frequency", ema_overwrite_frequency)
        self.loss_scale_factor = loss_scale_factor
        self.gradient_accumulation_steps = _count("gradient_accumulation_steps", gradient_accumulation_steps)
        self._arrays_not_decayed: set[str] = set()
        self._words_not_decayed: set[str] = set()
        self._refuse(older)
        self._plain = not (
            self.weight_decay
            or self.clipnorm
            or self.clipvalue
            or self.global_clipnorm
            or self.use_ema
            or self.gradient_accumulation_steps
        )

    def _refuse(self, unknown: dict[str, Any]) -> None:
        """Refuse arguments that nobody knows, and more than one way to clip."""
        if unknown:
            known = [name for name in self.arguments() if name != "name"]
            raise ValueError(unknown_name(f"argument of {type(self).__name__}", next(iter(unknown)), known))
        clips = {
            name: getattr(self, name)
            for name in ("clipnorm", "clipvalue", "global_clipnorm")
            if getattr(self, name) is not None
        }
        if len(clips) > 1:
            raise ValueError(
                explain(
                    f"several ways to clip were given: {', '.join(f'{k}={v}' for k, v in clips.items())}",
                    needed="at most one of clipnorm, clipvalue and global_clipnorm",
                )
            )

    @property
    def learning_rate(self) -> float:
        """How far the next step goes: a positive number.

        Setting it to a number while a schedule is in place raises a TypeError. A schedule counts batches:
        with `gradient_accumulation_steps`, several of them make one of the `iterations`.
        """
        if isinstance(self._rate, float):
            return self._rate
        if isinstance(self._rate, LearningRateSchedule):
            batch = self.iterations * (self.gradient_accumulation_steps or 1) + self.waiting
            return float(self._rate(batch))
        return float(self._rate())

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        if isinstance(value, dict | LearningRateSchedule):
            self._rate = schedules.get(value)
        elif callable(value):
            self._rate = value
        elif isinstance(self._rate, LearningRateSchedule):
            raise TypeError(
                explain(
                    f"the learning rate was set to {value!r}, but it follows {self._rate!r}",
                    why="a schedule decides the rate of every step",
                    fix="compile with a number as learning_rate, if it is to be set while training",
                )
            )
        else:
            self._rate = number("learning_rate", value, 0, without_low=True)

    lr = learning_rate

    def own(self, store: Any) -> None:
        """Refuse another model's θ than the one that the state belongs to."""
        for slot in self.state.values():
            if slot.shape != store.theta.shape:
                raise ValueError(
                    explain(
                        f"the optimizer remembers {slot.size:,} numbers, the model has {store.theta.size:,}",
                        why="its state belongs to another model",
                        fix="give every model an optimizer of its own: model.compile(optimizer='adam', …)",
                    )
                )

    def update(self, theta: Array, g: Array, *slots: Array) -> None:
        """Move ``theta`` in place. The step's number, counted from 1, is ``self.iterations + 1``.

        Parameters
        ----------
        theta, g : ndarray, shape (n,)
            Parameters and their gradient; ``g`` is not changed.
        *slots : ndarray, shape (n,)
            The remembered vectors, in the order of `slots`; changed in place.
        """
        raise NotImplementedError(f"{type(self).__name__} does not say how it moves θ: define update()")

    def factor(self, slot: str) -> float:
        """Return what a remembered vector is multiplied by, to be the one of the published formula."""
        return 1.0

    def step(
        self,
        theta: Array,
        grad: Array,
        trainable: Sequence[slice] = _EVERYTHING,
        arrays: Sequence[slice] = (),
        names: Sequence[str] = (),
    ) -> None:
        """Make one step.

        Parameters
        ----------
        theta, grad : ndarray, shape (n,)
            The parameters, changed in place, and the gradient of the loss with respect to them.
        trainable : sequence of slice, optional
            The parts of θ that may move. The rest is left out altogether, because momentum and Adam's
            averages would move a weight even where its gradient is 0.
        arrays, names : sequences, optional
            The same parts array by array, and what the arrays are called; by default each part is one.
        """
        if not self.state:
            self.state = {slot: np.full_like(theta, self.first_value) for slot in self.slots}
        if self._plain and isinstance(self._rate, float):
            for part in trainable:
                self.update(theta[part], grad[part], *[self.state[slot][part] for slot in self.slots])
            self.iterations += 1
            return
        # read once, so that all parts go equally far, even if the rate is a function that draws it
        rate, self._rate = self._rate, self.learning_rate
        try:
            self._step_with_extras(theta, grad, trainable, arrays or trainable, names)
        finally:
            self._rate = rate

    def finalize(self, theta: Array, trainable: Sequence[slice] = _EVERYTHING) -> None:
        """Put the running average of θ in θ's place, where one is kept; `fit` does so when it ends."""
        if self.use_ema and "average" in self.state:
            for part in trainable:
                theta[part] = self.state["average"][part]

    def exclude_from_weight_decay(
        self, var_list: Sequence[Any] | None = None, var_names: Sequence[str] | None = None
    ) -> None:
        """Leave arrays out of the weight decay, before the training begins.

        Parameters
        ----------
        var_list : sequence of Variable, optional
            ``[layer.bias]``.
        var_names : sequence of str, optional
            Parts of the names that Keras has for arrays: ``["bias"]`` means all biases, ``["a"]`` gamma and
            beta. W and b mean themselves.
        """
        self._arrays_not_decayed |= {f"{v.owner.name}/{v.attribute}" for v in var_list or ()}
        self._words_not_decayed |= set(var_names or ())

    # --- what stands around the rule -------------------------------------------------------------------

    def _step_with_extras(
        self,
        theta: Array,
        grad: Array,
        trainable: Sequence[slice],
        arrays: Sequence[slice],
        names: Sequence[str],
    ) -> None:
        """Accumulate, clip, decay, apply the rule, average."""
        g = self._accumulated(theta, grad, trainable)
        t = self.iterations
        if g is not None:
            g = self._clipped(g, arrays)
            self._decay(theta, arrays, names)
            for part in trainable:
                self.update(theta[part], g[part], *[self.state[slot][part] for slot in self.slots])
            self.iterations += 1
            self.waiting = 0
        if self.use_ema:
            self._average(theta, trainable, t)

    def _accumulated(self, theta: Array, grad: Array, trainable: Sequence[slice]) -> Array | None:
        """Return the gradient to step with; none, while gradients are still being summed up."""
        steps = self.gradient_accumulation_steps
        if not steps:
            return grad
        if "gradient_sum" not in self.state:
            self.state["gradient_sum"] = np.zeros_like(theta)
        total = self.state["gradient_sum"]
        if self.waiting + 1 < steps:
            self.waiting += 1
            for part in trainable:
                total[part] += grad[part]
            return None
        mean: Array = (grad + total) / steps
        total[:] = 0
        return mean

    def _clipped(self, g: Array, arrays: Sequence[slice]) -> Array:
        """Return the gradient, shortened where it is too long; the original stays as it is."""
        if self.clipvalue:
            return np.clip(g, -self.clipvalue, self.clipvalue)
        if self.clipnorm:
            g = g.copy()
            for place in arrays:
                g[place] *= self.clipnorm / max(_norm(g[place]), self.clipnorm)
        elif self.global_clipnorm:
            norm = math.sqrt(sum(_norm(g[place]) ** 2 for place in arrays))
            g = g * (self.global_clipnorm / max(norm, self.global_clipnorm))
        return g

    def _decay(self, theta: Array, arrays: Sequence[slice], names: Sequence[str]) -> None:
        """Shrink the weights by ``learning_rate * weight_decay``, but those that are left out."""
        if not self.weight_decay:
            return
        factor = self.learning_rate * self.weight_decay
        for place, name in zip(arrays, [*names, *[""] * (len(arrays) - len(names))], strict=True):
            if self._decays(name):
                theta[place] -= factor * theta[place]

    def _decays(self, name: str) -> bool:
        """Tell whether an array, ``"hidden/W"``, is one of those that decay."""
        own = name.rpartition("/")[2]
        by_keras = {"W": "kernel", "b": "bias"}.get(own, own)
        return name not in self._arrays_not_decayed and not any(
            word == own if word in ("W", "b") else word in by_keras for word in self._words_not_decayed
        )

    def _average(self, theta: Array, trainable: Sequence[slice], t: int) -> None:
        """Update the running average of θ, which starts as θ after the first step."""
        if "average" not in self.state:
            self.state["average"] = theta.copy()  # of the frozen parts, too: they may learn later
        average = self.state["average"]
        kept = self.ema_momentum if t else 0.0
        for part in trainable:
            average[part] = kept * average[part] + (1 - kept) * theta[part]
        every = self.ema_overwrite_frequency
        if every and (t + 1) % every == 0:
            self.finalize(theta, trainable)

    # --- being an object -------------------------------------------------------------------------------

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal optimizer, without its state.

        In the place of a function as learning rate stands the rate that it returns now.
        """
        rate = self._rate if isinstance(self._rate, LearningRateSchedule) else self.learning_rate
        return super().get_config() | {"learning_rate": plain(rate)}

    def __repr__(self) -> str:
        shown = {"learning_rate": self._rate}
        for name in self.arguments():
            value = getattr(self, name)
            if (
                name not in ("name", "learning_rate", "ema_momentum")
                and value is not None
                and value is not False
            ):
                shown[name] = value
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in shown.items())})"


def _norm(g: Array) -> float:
    return math.sqrt(float(g @ g))


def _optional(name: str, value: float | None) -> float | None:
    return None if value is None else number(name, value, 0)


def _count(name: str, value: int | None) -> int | None:
    return None if value is None else whole_number(name, value, 1)
