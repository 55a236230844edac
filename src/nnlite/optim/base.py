"""The contract of an optimizer: a rule that moves θ, and the state that the rule remembers.

A rule is a few lines of arithmetic on vectors: the parameters ``theta``, their gradient ``g``, and for each
name in ``slots`` one more vector that is kept from step to step. What all rules have in common, such as
clipping or weight decay, stands around the rule, in the order that Keras has:

    accumulate → clip → decay → the rule → average
"""

import math
import warnings
import weakref
from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any, Literal, Self

import numpy as np

from nnlite import config
from nnlite._lib.checks import number, whole_number
from nnlite._lib.configurable import Configurable, plain
from nnlite._lib.names import snake_case
from nnlite.errors import ShapeError, explain, unknown_name
from nnlite.optim import fused
from nnlite.optim.rate import Rate
from nnlite.optim.schedules import LearningRateSchedule
from nnlite.optim.schedules import registry as schedules
from nnlite.optim.variables import OptimizerVariable, variables_of
from nnlite.parameters import ParameterStore, Span
from nnlite.tensor import Array
from nnlite.variables import Variable

__all__ = ["Optimizer"]

_EVERYTHING = (slice(None),)

BLOCK = 65_536
"""Numbers of θ that a rule moves at a time: their slots and scratch arrays fit into a processor's cache."""


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
    rate : float
        The learning rate of the step that is made now.
    waiting : int
        Number of batches since the last step, where gradients are accumulated.
    state : dict of str to ndarray
        The remembered vectors by name, each as long as θ: those of the rule's formula, ``average`` where an
        average of θ is kept, and ``gradient_sum`` where gradients are accumulated.

    Notes
    -----
    All arguments are attributes, and may be changed at any time: the next step takes them as they are then.
    """

    slots: tuple[str, ...] = ()
    """Names of the vectors that the rule remembers."""

    first_value = 0.0
    """What the rule's vectors are filled with before the first step."""

    elementwise = True
    """Whether the rule moves each number of θ by itself, so that a long θ may be cut into blocks."""

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
        self.name = name or config.unique_name(snake_case(type(self).__name__))
        self.iterations = 0
        self.state: dict[str, Array] = {}
        self.waiting = 0
        self._store: weakref.ref[ParameterStore] | None = None
        self._rate: Any = 0.0  # a float, a schedule or a function
        self.rate = 0.0
        self.jit = "auto"
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
        self._not_decayed: dict[str, list[str]] = {}
        self._refuse(older)

    def _refuse(self, unknown: dict[str, Any]) -> None:
        """Refuse unknown arguments, and more than one way to clip."""
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
        """How far the next step goes: a number from 0 on, with Keras's ``numpy()``, ``value``, ``assign()``.

        Setting it to a number while a schedule is in place raises a TypeError. A schedule counts batches:
        with `gradient_accumulation_steps`, several of them make one of the `iterations`.
        """
        rate = self._rate
        if isinstance(rate, LearningRateSchedule):
            rate = rate(self.iterations * (self.gradient_accumulation_steps or 1) + self.waiting)
        elif not isinstance(rate, float):
            rate = rate()
        return Rate(rate, self)

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
                    why="a schedule gives the rate of every step",
                    fix="compile with a number as learning_rate, if it is to be set while training",
                )
            )
        else:
            self._rate = number("learning_rate", value, 0)

    lr = learning_rate

    def update(self, theta: Array, g: Array, *slots: Array) -> None:
        """Move ``theta`` in place.

        The step's number, counted from 1, is ``self.iterations + 1``, its learning rate ``self.rate``. A long
        θ comes in several parts, unless the class says ``elementwise = False``.

        Parameters
        ----------
        theta, g : ndarray, shape (n,)
            Parameters and their gradient; ``g`` is not changed.
        *slots : ndarray, shape (n,)
            The remembered vectors, in the order of `slots`; changed in place.
        """
        raise NotImplementedError(f"{type(self).__name__} does not say how it moves θ: define update()")

    def loop(self) -> tuple[Any, tuple[float, ...]] | None:
        """Return the function of :mod:`nnlite.optim.fused` that does what `update` does, and its numbers.

        None, if there is none; so it is for a class that defines an `update` of its own.
        """
        return None

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "update" in vars(cls) and "loop" not in vars(cls):
            cls.loop = Optimizer.loop  # type: ignore[method-assign]

    @property
    def jit(self) -> bool | Literal["auto"]:
        """Whether the update is one compiled loop, which needs numba: ``compile(jit_compile=…)``.

        With ``"auto"`` it is so if numba is installed and θ has at least 50,000 numbers. The numbers are the
        same as without, but for their last digit. SGD, RMSprop, Adam and AdamW have such a loop; complex
        numbers never go through it.
        """
        return self._jit

    @jit.setter
    def jit(self, value: bool | Literal["auto"]) -> None:
        if value not in (True, False, "auto"):
            raise ValueError(explain(f"jit is {value!r}", needed="True, False or 'auto'", fix="jit='auto'"))
        if value is True and not fused.installed():
            warnings.warn(
                explain(
                    "the update runs in NumPy, not as one compiled loop: numba is not installed",
                    why="the numbers are the same, and a step of a large network takes longer",
                    fix=fused.INSTALL,
                ),
                stacklevel=2,
            )
        self._jit: bool | Literal["auto"] = value

    # --- the step ---------------------------------------------------------------------------------------

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
        rate, t, g = self._rate, self.iterations, grad
        # asked once, so that all parts go equally far, even if it is a function that draws it
        self.rate = rate if isinstance(rate, float) else float(self.learning_rate)
        if self.gradient_accumulation_steps or self.waiting:
            g = self._accumulated(theta, grad, trainable)
        if not self.waiting:
            if self.clipnorm or self.global_clipnorm or self.clipvalue:
                g = self._clipped(g, arrays or trainable)
            slots = self.slots
            for name in slots:
                if name not in self.state:
                    self.state[name] = self.slot(name, theta)
            vectors = theta, g, *map(self.state.__getitem__, slots)
            decays = self._decays(arrays or trainable, names) if self.weight_decay else ()
            jit = self._jit if self._jit != "auto" else len(theta) >= fused.LONG
            if not (jit and self._run_loop(vectors, decays or [(part, 0.0) for part in trainable])):
                for part, factor in decays:
                    theta[part] -= factor * theta[part]
                if self.elementwise and len(theta) > 2 * BLOCK:
                    trainable = _blocks(trainable, len(theta))
                for part in trainable:
                    self.update(*map(itemgetter(part), vectors))
            self.iterations += 1
        if self.use_ema:
            self._average(theta, trainable, t)

    def _run_loop(self, vectors: Sequence[Array], parts: Iterable[tuple[slice, float]]) -> bool:
        """Make the step as a compiled loop, if there is one; tell whether that was done."""
        found, dtype = self.loop(), vectors[0].dtype
        compiled = fused.compiled(found[0]) if found and fused.installed() and dtype.char in "fd" else None
        if not found or compiled is None:
            return False
        number = dtype.type  # a Python float would make float64 of the arithmetic
        numbers = list(map(number, found[1]))
        for part, decay in parts:
            compiled(*map(itemgetter(part), vectors), *numbers, number(decay))
        return True

    def slot(self, name: str, theta: Array) -> Array:
        """Return a remembered vector, or what it starts with where there is none yet.

        Parameters
        ----------
        name : str
            One of `slots`, ``"average"`` or ``"gradient_sum"``.
        theta : ndarray, shape (n,)
            The parameters; the vector has their length and type, and an average starts with their values.
        """
        if name in self.state:
            return self.state[name]
        if name == "average":
            return theta.copy()  # also of what is frozen: it may be trained later
        return np.full_like(theta, self.first_value if name in self.slots else 0)

    def exclude_from_weight_decay(
        self, var_list: Sequence[Any] | None = None, var_names: Sequence[str] | None = None
    ) -> None:
        """Leave arrays out of the weight decay, instead of those that were left out so far.

        Parameters
        ----------
        var_list : sequence of Variable, optional
            ``[layer.bias]``; or their names, ``["hidden/b"]``.
        var_names : sequence of str, optional
            Parts of the names that Keras has for arrays: ``["bias"]`` means all biases, ``["a"]`` gamma and
            beta. W and b mean themselves.
        """
        arrays = [v if isinstance(v, str) else f"{v.owner.name}/{v.attribute}" for v in var_list or ()]
        chosen = {"var_list": sorted(arrays), "var_names": sorted(var_names or ())}
        self._not_decayed = {key: names for key, names in chosen.items() if names}

    def _accumulated(self, theta: Array, grad: Array, trainable: Sequence[slice]) -> Array:
        """Count a batch as waiting, or return the mean gradient of those that wait and of this one."""
        self.state["gradient_sum"] = total = self.slot("gradient_sum", theta)
        batches = self.waiting + 1
        if batches < (self.gradient_accumulation_steps or 1):
            self.waiting = batches
            for part in trainable:
                total[part] += grad[part]
            return grad
        mean: Array = (grad + total) / batches
        total[:] = 0
        self.waiting = 0
        return mean

    def _clipped(self, g: Array, arrays: Sequence[slice]) -> Array:
        """Return the gradient, shortened where it is too long; the original stays as it is."""
        if self.clipnorm:
            g = g.copy()
            for place in arrays:
                g[place] *= self.clipnorm / max(_norm(g[place]), self.clipnorm)
            return g
        if self.global_clipnorm:
            norm = math.sqrt(sum(_norm(g[place]) ** 2 for place in arrays))
            return g * (self.global_clipnorm / max(norm, self.global_clipnorm))
        return np.clip(g, -float(self.clipvalue or 0), self.clipvalue)

    def _decays(self, arrays: Sequence[slice], names: Sequence[str]) -> list[tuple[slice, float]]:
        """Return each array with the part of itself that it loses: 0 for those that are left out."""
        factor = self.rate * (self.weight_decay or 0)
        named = zip(arrays, [*names, *[""] * (len(arrays) - len(names))], strict=True)
        return [(place, 0.0 if self._left_out(name) else factor) for place, name in named]

    def _left_out(self, name: str) -> bool:
        """Tell whether an array, ``"hidden/W"``, is one of those that do not decay."""
        own = name.rpartition("/")[2]
        by_keras = {"W": "kernel", "b": "bias"}.get(own, own)
        return name in self._not_decayed.get("var_list", ()) or any(
            word == own if word in ("W", "b") else word in by_keras
            for word in self._not_decayed.get("var_names", ())
        )

    def _average(self, theta: Array, trainable: Sequence[slice], t: int) -> None:
        """Update the running average of θ, which starts as θ after the first step."""
        self.state["average"] = average = self.slot("average", theta)
        kept = self.ema_momentum if t else 0.0
        for part in trainable:
            average[part] = kept * average[part] + (1 - kept) * theta[part]
        every = self.ema_overwrite_frequency
        if every and (t + 1) % every == 0:
            self.finalize(theta, trainable)

    def finalize(self, theta: Array, trainable: Sequence[slice] = _EVERYTHING) -> None:
        """Put the running average of θ in θ's place, where one is kept; `fit` does so when it ends."""
        if self.use_ema and "average" in self.state:
            for part in trainable:
                theta[part] = self.state["average"][part]

    # --- the model that it trains -----------------------------------------------------------------------

    def bind(self, store: ParameterStore) -> None:
        """Train this θ from now on; a model calls it when its training begins.

        Parameters
        ----------
        store : ParameterStore
            θ of the model.

        Raises
        ------
        ValueError
            If the optimizer has made steps for another model, of whatever size, as in Keras: what it
            remembers belongs to that model's weights. One that has made no step may change models.
        """
        fits = all(vector.size == store.theta.size for vector in self.state.values())
        if fits and self._store is not None and self._store() is store:
            return
        started = self.iterations or self.waiting
        if started and (not fits or self._store is not None):
            steps = f"{self.iterations} step{'s' * (self.iterations != 1)}"
            raise ValueError(
                explain(
                    f"{self!r} has made {steps} for another model",
                    needed="an optimizer that has made none, or that model",
                    why="what it remembers belongs to the other model's weights",
                    fix="model.compile(model.optimizer.from_config(model.optimizer.get_config()), "
                    "loss=model.loss)",
                )
            )
        if not fits or self._store is not None:  # what it has was made for another model
            self.state = {}
        self._store = weakref.ref(store)

    @property
    def variables(self) -> list[OptimizerVariable]:
        """Its numbers; once it trains a model, what it remembers as well, array by array as in Keras."""
        return variables_of(self, None if self._store is None else self._store())

    def apply_gradients(self, grads_and_vars: Iterable[tuple[Any, Variable]]) -> int:
        """Make one step on pairs of a gradient and the variable that it belongs to.

        Parameters
        ----------
        grads_and_vars : iterable of (array_like or None, Variable)
            ``zip(grads, model.trainable_weights)``. A variable without a gradient stays as it is.

        Returns
        -------
        int
            The number of steps so far.
        """
        pairs = list(grads_and_vars)
        self.apply([g for g, _ in pairs], [v for _, v in pairs])
        return self.iterations

    def apply(self, grads: Sequence[Any], trainable_variables: Sequence[Variable] | None = None) -> None:
        """Make one step with one gradient for each variable.

        Parameters
        ----------
        grads : sequence of (array_like or None)
        trainable_variables : sequence of Variable, optional
            The variables of layers in a model; by default the model's that this optimizer trains.

        Raises
        ------
        ValueError
            If there is no gradient at all, if a shape does not fit, or if the optimizer trains another
            model; nothing is changed then.
        """
        if not len(grads):
            return
        store, chosen = self._spans_of(trainable_variables)
        if len(chosen) != len(grads) or all(g is None for g in grads):
            raise ValueError(
                explain(
                    f"{sum(g is not None for g in grads)} gradients arrived for {len(chosen)} variables",
                    needed="one for each, in the same order; None for a variable that is to stay",
                )
            )
        grad = np.zeros_like(store.theta)
        moved = [(span, np.asarray(g)) for span, g in zip(chosen, grads, strict=True) if g is not None]
        for span, g in moved:
            if g.shape != span.shape:
                label = f"{span.layer.label}.{span.name}"
                raise ShapeError(
                    explain(f"the gradient of {label} has shape {g.shape}", needed=str(span.shape))
                )
            grad[span.place] = g.ravel()
        self.bind(store)
        places = [span.place for span, _ in moved]
        names = [f"{span.layer.name}/{span.name}" for span, _ in moved]
        self.step(store.theta, grad, places, places, names)
        for span, _ in moved:
            if span.name in span.layer.constraints:
                W = store.theta[span.place].reshape(span.shape)
                W[...] = span.layer.constraints[span.name](W)

    def _spans_of(self, variables: Sequence[Variable] | None) -> tuple[ParameterStore, list[Span]]:
        """Return where these arrays lie, by default all that are trained: in θ of one model, the smallest."""
        own = None if self._store is None else self._store()
        if variables is None and own is not None:
            return own, [span for span in own.spans if span.layer.trainable]
        wanted: list[tuple[Any, str]]
        wanted = [(getattr(v, "owner", None), getattr(v, "attribute", "")) for v in variables or ()]
        pools = [owner.pool for owner, _ in wanted if getattr(owner, "pool", None)]
        for store in sorted(pools[0].stores if pools else (), key=lambda s: (s is not own, len(s.spans))):
            spans = {(id(span.layer), span.name): span for span in store.spans}
            if all((id(owner), name) in spans for owner, name in wanted):
                return store, [spans[id(owner), name] for owner, name in wanted]
        raise ValueError(
            explain(
                "the gradients are for no variables, or for some that do not lie in θ of one model",
                needed="weights of the layers of a model, which an optimizer may move",
                fix="optimizer.apply(grads, model.trainable_weights)",
            )
        )

    # --- being an object -------------------------------------------------------------------------------

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal optimizer, without its state.

        In the place of a function as learning rate stands the rate that it returns now. What
        `exclude_from_weight_decay` was told is there under that name, if it was told anything.
        """
        rate = self._rate if isinstance(self._rate, LearningRateSchedule) else float(self.learning_rate)
        written = super().get_config() | {"learning_rate": plain(rate)}
        if self._not_decayed:
            written["exclude_from_weight_decay"] = plain(self._not_decayed)
        return written

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Make an optimizer from what `get_config` returned."""
        arguments = dict(config)
        excluded = arguments.pop("exclude_from_weight_decay", None)
        made = cls(**arguments)
        if excluded:
            made.exclude_from_weight_decay(**excluded)
        return made

    def __getstate__(self) -> dict[str, Any]:
        # a copy keeps what was remembered, and belongs to the model that uses it next: often a copied one
        return {**vars(self), "_store": None}

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


def _blocks(parts: Sequence[slice], n: int) -> list[slice]:
    """Return these parts of a vector of n numbers, the long ones cut into blocks."""
    ends = (part.indices(n)[:2] for part in parts)
    return [slice(i, min(i + BLOCK, stop)) for start, stop in ends for i in range(start, stop, BLOCK)]


def _norm(g: Array) -> float:
    return math.sqrt(float(g @ g))


def _optional(name: str, value: float | None) -> float | None:
    return None if value is None else number(name, value, 0)


def _count(name: str, value: int | None) -> int | None:
    return None if value is None else whole_number(name, value, 1)
