"""The loss and the metrics of an epoch so far: means over its samples."""

from nnlite.metrics.base import Metric

__all__ = ["EpochMeans"]


class EpochMeans:
    """Running means since the beginning of an epoch.

    Parameters
    ----------
    metrics : list of Metric
        They are reset, and keep their own state from then on.
    """

    def __init__(self, metrics: list[Metric]) -> None:
        self.total, self.count, self.metrics = 0.0, 0, metrics
        for metric in metrics:
            metric.reset_state()

    def add(self, loss: float, n: int) -> None:
        """Add the loss of a batch of n samples."""
        self.total += float(loss) * n
        self.count += n

    def put(self, loss: float) -> None:
        """Set the loss of everything so far."""
        self.total, self.count = float(loss), 1

    def logs(self) -> dict[str, float]:
        """Return the means by name, the loss first."""
        logs = {"loss": self.total / max(self.count, 1)}
        for metric in self.metrics:
            logs |= metric.logs()
        return logs
