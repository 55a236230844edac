"""The path that a reader follows: which functions of nnlite one training step calls, one after the other."""

import os
import sys
from collections import Counter

import numpy as np
import pytest

import nnlite
from nnlite.layers import Dense
from nnlite.utils import set_random_seed

HOME = os.path.dirname(nnlite.__file__)

# from the end of one update to the end of the next, of the README's network with Adam and accuracy
STEP = [
    ("models/step.py", "Step.measure"),
    ("metrics/base.py", "SampleMean.update_state"),
    ("metrics/accuracy.py", "SparseCategoricalAccuracy.values"),
    ("metrics/base.py", "RunningMean.add"),
    ("models/fit.py", "Averages.add"),
    ("optim/batches.py", "Batches.__iter__"),
    ("models/step.py", "Step.update"),
    ("models/step.py", "Step.gradient"),
    ("models/network.py", "Path.forward"),
    ("layers/dense.py", "Affine.forward"),
    ("layers/activations.py", "Sigmoid.forward"),
    ("functional.py", "sigmoid"),
    ("layers/dense.py", "Affine.forward"),
    ("models/step.py", "Head.gradient"),
    ("losses/crossentropy.py", "SparseCategoricalCrossentropy.fused"),
    ("functional.py", "shift_and_softmax"),
    ("losses/crossentropy.py", "_places"),
    ("losses/crossentropy.py", "SparseCategoricalCrossentropy.counted"),
    ("losses/base.py", "Loss.scale"),
    ("models/network.py", "Path.backward"),
    ("layers/dense.py", "Affine.backward"),
    ("layers/base.py", "Layer.take"),
    ("layers/activations.py", "Sigmoid.backward"),
    ("layers/base.py", "Layer.take"),
    ("layers/dense.py", "Affine.backward"),
    ("layers/base.py", "Layer.take"),
    ("optim/base.py", "Optimizer.step"),
    ("optim/adam.py", "Adam.slots"),
    ("optim/adam.py", "Adam.update"),
    ("optim/adam.py", "Adam._alpha"),
]


def made(batch, steps, optimizer="adam", metrics=("accuracy",), hidden=100, inputs=784):
    """Return the README's network, built and trained once, and its data for so many steps."""
    set_random_seed(0)
    row = [Dense(hidden, "sigmoid", name="hidden"), Dense(10, "softmax", name="output")]
    model = nnlite.Sequential([nnlite.Input((inputs,)), *row])
    loss = "sparse_categorical_crossentropy"
    model.compile(optimizer, loss, metrics=list(metrics), jit_compile=False)
    x = np.random.default_rng(0).random((batch * steps, inputs), np.float32)
    y = np.arange(batch * steps) % 10
    model.fit(x, y, batch_size=batch, verbose=0)  # what happens once is over
    return model, x, y


def calls_of(run, until=None):
    """Return the calls of nnlite's functions, with "end" where a function named ``until`` returns."""
    calls = []

    def note(frame, event, argument):
        code = frame.f_code
        if event not in ("call", "return") or not code.co_filename.startswith(HOME):
            return
        if event == "call":
            calls.append((os.path.relpath(code.co_filename, HOME).replace(os.sep, "/"), code.co_qualname))
        elif code.co_qualname == until:
            calls.append("end")

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        run()
    finally:
        sys.setprofile(before)
    return calls


def test_a_step_is_these_calls():
    model, x, y = made(batch=100, steps=3)
    calls = calls_of(lambda: model.fit(x, y, batch_size=100, verbose=0), until="Optimizer.step")
    first, second, *_ = (i for i, call in enumerate(calls) if call == "end")
    step = calls[first + 1 : second]
    print(*(" ".join(call) for call in step), sep="\n")
    assert step == STEP


def test_the_way_from_fit_to_the_first_layer():
    model, x, y = made(batch=100, steps=3)
    calls = calls_of(lambda: model.fit(x, y, batch_size=100, verbose=0))
    way = calls[: next(i for i, (file, _) in enumerate(calls) if file == "layers/dense.py")]
    way = [call for call in way if "<" not in call[1]]  # a comprehension is no call since Python 3.12
    print(len(way), sorted({file for file, _ in way}))
    for call, count in Counter(way).items():
        print(count, *call)
    assert len(way) <= 73
    assert len({file for file, _ in way}) <= 19


@pytest.mark.parametrize("optimizer", ["sgd", "rmsprop", "adam"])
def test_each_step_costs_the_same(optimizer):
    counts = []
    for steps in (3, 4, 9):
        model, x, y = made(4, steps, optimizer, hidden=5, inputs=6)
        counts.append(len(calls_of(lambda: model.fit(x, y, batch_size=4, verbose=0))))  # noqa: B023
    assert counts[2] - counts[1] == 5 * (counts[1] - counts[0])


def test_the_size_of_a_batch_does_not_change_the_number_of_calls():
    counts = []
    for n in (2, 2000):
        model, x, y = made(n, 1, hidden=5, inputs=6)
        counts.append(len(calls_of(lambda: model.train_on_batch(x, y))))  # noqa: B023
    assert counts[0] == counts[1]
