"""Ending the training, rather than breaking it off, when the loss is no longer a number."""

import math

from nnlite.callbacks.base import Callback, Logs

__all__ = ["TerminateOnNaN"]


class TerminateOnNaN(Callback):
    """End the training when the loss is NaN or infinite.

    Without this callback `fit` raises a `NonFiniteError`, which says where the first bad number arose. With
    it the epoch ends as if it were over, the other callbacks are told so, and `fit` returns the history.
    The weights are, in either case, those before the step on the bad batch.

    Parameters
    ----------
    raise_error : bool, default False
        Whether to raise a RuntimeError after all. The other callbacks are not told then that the training
        has ended, so that a backup stays where it is.
    """

    ends_at_nan = True

    def __init__(self, raise_error: bool = False) -> None:
        self.raise_error = raise_error

    def on_batch_end(self, batch: int, logs: Logs | None = None) -> None:  # noqa: D102
        loss = (logs or {}).get("loss")
        if loss is None or math.isfinite(loss):
            return
        if self.raise_error:
            raise RuntimeError(
                f"NaN or Inf loss encountered at batch {batch}. "
                f"Loss value: {loss}. Terminating training immediately."
            )
        print(f"Batch {batch}: Invalid loss, terminating training", flush=True)  # noqa: T201
        self.model.stop_training = True
