"""What `compile` was told: the optimizer, the loss of each output, and the metrics."""

from collections.abc import Mapping, Sequence
from typing import Any

from nnlite._lib.checks import number
from nnlite.errors import explain, unknown_name
from nnlite.losses import registry as losses
from nnlite.losses.base import Loss
from nnlite.metrics import registry as metrics
from nnlite.metrics.base import Metric
from nnlite.models.step import Head
from nnlite.optim import registry as optimizers
from nnlite.tensor import Array, Shape

__all__ = ["Compilation"]


class Compilation:
    """What a model is trained with.

    Parameters
    ----------
    names : sequence of str
        Of the outputs.
    optimizer : str or Optimizer, optional
    loss : str, Loss, function, or a list or dict of them
        For each output, or one for all.
    loss_weights : float, or a list or dict of float, optional
        What each output's loss is multiplied by in the sum.
    metrics, weighted_metrics : list, or a list or dict of lists, optional

    Attributes
    ----------
    optimizer : Optimizer or None
    names : list of str
        Of the outputs that have a loss.
    heads : list of Head
        One for each of these.
    given : dict
        The arguments as they were given, for a file.

    Raises
    ------
    ValueError, TypeError
        For an unknown name, with the nearest known ones, or the wrong number of losses.
    """

    def __init__(
        self,
        names: Sequence[str],
        optimizer: Any,
        loss: Any,
        loss_weights: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
    ) -> None:
        self.optimizer = None if optimizer is None else optimizers.get(optimizer)
        specs = _for_each(loss, names, "loss")
        if isinstance(loss_weights, list | tuple | str) and any(isinstance(w, str) for w in loss_weights):
            raise ValueError(
                explain(
                    f"loss_weights is {loss_weights!r}",
                    needed="numbers",
                    why="loss_weights is the third argument of compile, before metrics",
                    fix=f"model.compile(optimizer, loss, metrics={list(loss_weights)!r})",
                )
            )
        weights = _for_each(loss_weights, names, "loss_weights")
        own = [_for_each_list(spec, names, what) for spec, what in (
            (metrics, "metrics"), (weighted_metrics, "weighted_metrics"))]  # fmt: skip
        with_loss = [i for i, spec in enumerate(specs) if spec is not None]
        self.names = [names[i] for i in with_loss]
        self.heads = [
            Head(
                losses.get(specs[i]),
                i,
                1.0
                if weights[i] is None
                else number(f"loss_weights of {names[i]!r}", weights[i], 0, example=0.5),
            )
            for i in with_loss
        ]
        self.specs = [[listed[i] for i in with_loss] for listed in own]
        for listed in own:
            for i, wanted in enumerate(listed):
                if wanted and i not in with_loss and self.heads:
                    raise ValueError(
                        explain(
                            f"metrics are given for the output {names[i]!r}, which has no loss",
                            needed="a loss for each output that is measured",
                        )
                    )
                for spec in wanted:
                    _metric(spec)
        single = {"loss": _only(loss), "metrics": own[0][0], "weighted_metrics": own[1][0]}
        several = {
            "loss": loss,
            "loss_weights": loss_weights,
            "metrics": metrics,
            "weighted_metrics": weighted_metrics,
        }
        self.given: dict[str, Any] = single if len(names) == 1 else several
        if len(names) == 1 and loss_weights is not None:
            self.given["loss_weights"] = loss_weights
        self.metrics: list[tuple[int, Metric]] | None = None  # which ones, the shapes of the data say
        self.weighted_metrics: list[tuple[int, Metric]] = []

    @property
    def losses(self) -> list[Loss]:
        """The loss of each head."""
        return [head.loss for head in self.heads]

    @property
    def all_metrics(self) -> list[tuple[int, Metric]]:
        """The metrics in the order in which they are reported, once it is known which ones they are."""
        return [*(self.metrics or []), *self.weighted_metrics]

    @property
    def named_metrics(self) -> list[tuple[str, Metric]]:
        """Each metric with what stands before its name: the output's, if there are several losses."""
        named = []
        for head, metric in [*(self.metrics or []), *self.weighted_metrics]:
            named.append(("" if len(self.heads) == 1 else f"{self.names[head]}_", metric))
        return named

    def resolved(self, targets: Sequence[Any], output_shapes: Sequence[Shape]) -> tuple[Any, Any]:
        """Return the metrics that fit these targets: ``"accuracy"`` is the binary, categorical or sparse one.

        Parameters
        ----------
        targets : sequence of (ndarray, or list of ndarray)
            Those of the training, and those of the validation.
        output_shapes : sequence of Shape
            Of the outputs that have a loss.
        """
        if self.metrics is not None:
            return self.metrics, self.weighted_metrics
        plain: list[tuple[int, Metric]] = []
        weighted: list[tuple[int, Metric]] = []
        for i, shape in enumerate(output_shapes):
            ys: list[Array] = [y[i] if isinstance(y, list) else y for y in targets]
            found = metrics.resolve_all(self.specs[0][i], self.specs[1][i], ys, shape)
            plain += [(i, metric) for metric in found[0]]
            weighted += [(i, metric) for metric in found[1]]
        return plain, weighted


def _is_configuration(spec: Any) -> bool:
    return isinstance(spec, Mapping) and "class_name" in spec


def _only(spec: Any) -> Any:
    """Return the one thing in a list or dict of one, as Keras has them for models of several outputs."""
    if isinstance(spec, list | tuple) and len(spec) == 1:
        return spec[0]
    if isinstance(spec, Mapping) and not _is_configuration(spec) and len(spec) == 1:
        return next(iter(spec.values()))
    return spec


def _for_each(spec: Any, names: Sequence[str], what: str) -> list[Any]:
    """Return a thing for each output, from a list, a dict by name, or one thing for all."""
    if isinstance(spec, Mapping) and not _is_configuration(spec):
        if len(names) == 1:
            names = list(spec)  # the name of a single output may be any
        for name in spec:
            if name not in names:
                raise ValueError(unknown_name(f"output of the model in {what}", str(name), names))
        spec = [spec.get(name) for name in names]
    if not isinstance(spec, list | tuple):
        return [spec] * len(names)
    if len(spec) != len(names):
        raise ValueError(
            explain(
                f"{what} holds {len(spec)} entries",
                needed="one" if len(names) == 1 else f"{len(names)}, one for each of {list(names)}",
                why=f"the model has {len(names)} output{'s' * (len(names) > 1)}",
            )
        )
    return list(spec)


def _for_each_list(specs: Any, names: Sequence[str], what: str) -> list[list[Any]]:
    """Return a list of metrics for each output."""
    if specs is None:
        return [[] for _ in names]
    if not isinstance(specs, list | tuple | dict):
        raise ValueError(explain(f"{what} is {specs!r}", needed="a list", fix=f"{what}=[{specs!r}]"))
    nested = isinstance(specs, dict) or (len(specs) == 1 and isinstance(specs[0], list | tuple))
    if len(names) == 1 and not nested:
        return [list(specs)]
    each = _for_each(specs, names, what)
    return [[] if spec is None else list(spec) if isinstance(spec, list | tuple) else [spec] for spec in each]


def _metric(spec: Any) -> None:
    """Refuse an unknown metric, while nothing has been changed yet."""
    metrics.get(spec)
