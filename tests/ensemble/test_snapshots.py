import numpy as np
import pytest

import nnlite
from nnlite.ensemble import Snapshots
from nnlite.layers import Dense

x = np.random.default_rng(0).normal(size=(40, 2))
y = x @ [[1.0], [-2.0]]


def network():
    nnlite.utils.set_random_seed(0)
    model = nnlite.Sequential([Dense(3, "tanh", input_shape=(2,)), Dense(1)])
    model.compile("sgd", "mse")
    return model


def test_weights_are_those_of_the_epochs():
    model, snapshots = network(), Snapshots(every=2)
    seen = []
    watcher = nnlite.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: seen.append(model.predict(x, verbose=0))
    )
    model.fit(x, y, epochs=5, verbose=0, callbacks=[snapshots, watcher])
    assert snapshots.epochs == [2, 4]
    ensemble = snapshots.ensemble()
    for member, epoch in zip(ensemble.models, snapshots.epochs, strict=True):
        np.testing.assert_array_equal(member.predict(x, verbose=0), seen[epoch - 1])
    np.testing.assert_allclose(ensemble.predict(x), (seen[1] + seen[3]) / 2, rtol=1e-6)
    np.testing.assert_array_equal(model.predict(x, verbose=0), seen[-1])
    assert ensemble.evaluate(x, y).ensemble["loss"] >= 0


def test_the_last_ones():
    snapshots = Snapshots(last=3)
    network().fit(x, y, epochs=5, verbose=0, callbacks=[snapshots])
    assert snapshots.epochs == [3, 4, 5]
    assert len(snapshots.ensemble()) == 3


def test_each_fit_begins_anew():
    model, snapshots = network(), Snapshots()
    model.fit(x, y, epochs=2, verbose=0, callbacks=[snapshots])
    model.fit(x, y, epochs=1, verbose=0, callbacks=[snapshots])
    assert snapshots.epochs == [1]


def test_it_changes_nothing():
    plain, watched = network(), network()
    for model, callbacks in ((plain, []), (watched, [Snapshots()])):
        nnlite.utils.set_random_seed(1)
        model.fit(x, y, epochs=3, verbose=0, callbacks=callbacks)
    np.testing.assert_array_equal(plain.store.theta, watched.store.theta)


def test_no_weights_were_kept():
    with pytest.raises(ValueError, match="no weights were kept, with every=3"):
        Snapshots(every=3).ensemble()


@pytest.mark.parametrize("arguments", [{"every": 0}, {"every": 1.5}, {"last": 0}])
def test_what_is_no_number(arguments):
    with pytest.raises(ValueError, match=r"every is|last is"):
        Snapshots(**arguments)
