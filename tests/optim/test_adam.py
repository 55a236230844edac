import numpy as np
import pytest

from nnlite.optim.adam import Adam


def test_reference_steps():  # the form of Keras, not the other one
    rule, theta, visited = Adam(0.1), np.ones(1), []
    for g in (0.1, -0.2, 0.3):
        rule.step(theta, np.array([g]))
        visited.append(theta[0])
    np.testing.assert_allclose(
        visited, [0.9000031621776633, 0.9366129970882152, 0.9022891792104046], rtol=1e-14
    )
    m, v = rule.state["m"], rule.state["v"]
    np.testing.assert_allclose(m, [0.81 * 0.01 - 0.9 * 0.02 + 0.03], rtol=1e-12)
    np.testing.assert_allclose(v, [0.999**2 * 1e-5 + 0.999 * 4e-5 + 9e-5], rtol=1e-12)


def test_the_first_step_is_the_learning_rate_whatever_the_gradient():
    theta = np.zeros(3)
    Adam(0.1).step(theta, np.array([1.0, 1e3, -1e6]))
    np.testing.assert_allclose(theta, [-0.1, -0.1, 0.1], rtol=1e-5)


def test_a_gradient_of_0_is_no_division_by_zero():
    theta = np.ones(2)
    with np.errstate(all="raise"):
        Adam(0.1).step(theta, np.zeros(2))
    np.testing.assert_array_equal(theta, 1)


def test_after_a_gradient_it_goes_on_although_the_next_is_0():
    rule, theta = Adam(0.1), np.zeros(1)
    rule.step(theta, np.ones(1))
    before = theta.copy()
    rule.step(theta, np.zeros(1))
    assert theta < before  # why frozen parts are left out of the step


def test_very_many_steps():
    rule, theta = Adam(1e-3), np.zeros(1)
    rule.iterations = 10**7
    with np.errstate(all="raise"):
        rule.step(theta, np.ones(1))
    assert np.isfinite(theta).all()


@pytest.mark.parametrize("name", ["beta_1", "beta_2"])
@pytest.mark.parametrize("value", [-0.1, 1, np.nan, "0.9", None])
def test_what_is_refused(name, value):
    with pytest.raises(
        ValueError, match=rf"{name} is .*\n  needed: a finite number from 0 to below 1"
    ) as error:
        Adam(**{name: value})
    line = str(error.value).split("fix:    ")[1]
    Adam(**eval(f"dict({line})"))  # what the message proposes is taken


def test_defaults_are_those_of_keras():
    config = {"learning_rate": 0.001, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7, "amsgrad": False}
    assert Adam().get_config().items() >= config.items()


@pytest.mark.parametrize("amsgrad", [False, True])
def test_the_published_formula_in_float64_is_the_rule_in_float32(amsgrad):
    draw = np.random.default_rng(0)
    theta = draw.normal(size=1000).astype("float32")
    plain, m, v, largest = (theta.astype("float64"), *np.zeros((3, 1000)))
    rule = Adam(0.01, amsgrad=amsgrad)
    for t in range(1, 51):
        g = draw.normal(size=1000).astype("float32")
        rule.step(theta, g)
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g.astype("float64") ** 2
        largest = np.maximum(largest, v)
        alpha = 0.01 * np.sqrt(1 - 0.999**t) / (1 - 0.9**t)
        plain -= alpha * m / (np.sqrt(largest if amsgrad else v) + 1e-7)
    # 50 steps of at most 0.01, each rounded to float32's 6e-8
    np.testing.assert_allclose(theta, plain, rtol=1e-6, atol=50 * 6e-8)
