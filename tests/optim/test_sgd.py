import numpy as np
import pytest

from nnlite.optim.sgd import SGD


def path(rule, gradients=(0.1, -0.2, 0.3), dtype=np.float64):
    theta, visited = np.ones(1, dtype), []
    for g in gradients:
        rule.step(theta, np.array([g], dtype))
        visited.append(theta[0])
    return visited


@pytest.mark.parametrize(
    ("rule", "visited"),
    [
        (SGD(0.1), [0.99, 1.01, 0.98]),
        (SGD(0.1, momentum=0.9), [0.99, 1.001, 0.9809]),
        (SGD(0.1, momentum=0.9, nesterov=True), [0.981, 1.0109, 0.96281]),
    ],
    ids=repr,
)
def test_reference_steps(rule, visited):
    np.testing.assert_allclose(path(rule), visited, rtol=1e-15)


def test_without_momentum_nothing_is_remembered():
    for rule in (SGD(0.1), SGD(0.1, momentum=0), SGD(0.1, nesterov=True), SGD(0.1, np.float64(0))):
        assert path(rule) == path(SGD(0.1))
        assert rule.state == {}
        assert rule.slots == ()


def test_momentum_remembers_one_vector():
    rule = SGD(0.1, momentum=0.9)
    path(rule)
    assert list(rule.state) == ["v"]
    np.testing.assert_allclose(rule.state["v"], [0.9809 - 1.001], rtol=1e-12)


def test_the_rate_stands_inside_the_velocity():
    rule, theta = SGD(0.1, momentum=0.9), np.zeros(1)
    rule.step(theta, np.ones(1))
    rule.learning_rate = 1e-9
    rule.step(theta, np.ones(1))
    np.testing.assert_allclose(theta, -0.1 - 0.09, rtol=1e-6)  # the old velocity rolls on at the old rate


@pytest.mark.parametrize("momentum", [-0.1, 1, 1.5, np.nan, "0.9", None, True])
def test_what_is_no_momentum(momentum):
    with pytest.raises(
        ValueError, match=r"momentum is .*\n  needed: a finite number from 0 to below 1"
    ) as error:
        SGD(momentum=momentum)
    line = str(error.value).split("fix:    ")[1]
    SGD(**eval(f"dict({line})"))  # what the message proposes is taken


def test_defaults_are_those_of_keras():
    config = {"learning_rate": 0.01, "momentum": 0.0, "nesterov": False}
    assert SGD().get_config().items() >= config.items()


def test_the_lectures_full_batch_steps():
    # C-001: w <- w - alpha * grad J
    rule, W = SGD(0.05), np.array([-3.97, 1.10, 0.42, 2.79, -2.64, 3.13])
    dW = [-8.427778144172906, 7.760185208519457, 7.780440644172323,
          -8.199793094861809, 4.5189068238484476, 3.7428270604214364]  # fmt: skip
    rule.step(W, np.array(dW))
    want = [-3.548611092791355, 0.7119907395740273, 0.030977967791383787,
            3.1999896547430904, -2.8659453411924227, 2.942858646978928]  # fmt: skip
    np.testing.assert_allclose(W, want, rtol=1e-14)
