"""The loss and the metrics of an epoch so far."""

import numpy as np

from nnlite.metrics import MeanAbsoluteError
from nnlite.models.fit import Averages


def test_the_mean_is_over_samples_not_over_batches():
    # three samples of loss 2 and one of loss 6: (3·2 + 1·6) / 4 = 3, where the batches' mean would be 4
    means = Averages([])
    means.add(2.0, 3)
    means.add(6.0, 1)
    assert means.logs() == {"loss": 3.0}


def test_metrics_begin_anew_and_follow_the_loss():
    metric = MeanAbsoluteError("mae")
    metric.update_state(np.zeros((2, 1)), np.full((2, 1), 5.0))
    means = Averages([("", metric)])
    metric.update_state(np.zeros((2, 1)), np.ones((2, 1)))
    means.put(0.5)
    assert list(means.logs().items()) == [("loss", 0.5), ("mae", 1.0)]


def test_before_the_first_batch_there_is_nothing():
    assert np.isnan(Averages([]).logs()["loss"])
