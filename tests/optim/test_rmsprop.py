import numpy as np
import pytest

from nnlite.optim.rmsprop import RMSprop


def test_reference_steps():
    rule, theta, visited = RMSprop(0.1, rho=0.9), np.ones(1), []
    for g in (0.1, -0.2, 0.3):
        rule.step(theta, np.array([g]))
        visited.append(theta[0])
    np.testing.assert_allclose(
        visited, [0.6837880441857076, 0.9694994144927218, 0.7104365003473212], rtol=1e-14
    )
    np.testing.assert_allclose(rule.state["v"], [0.9**2 * 0.001 + 0.9 * 0.004 + 0.009], rtol=1e-14)


def test_the_step_does_not_depend_on_the_size_of_the_gradient():
    theta = np.zeros(3)
    RMSprop(0.1).step(theta, np.array([1.0, 1e3, -1e6]))
    np.testing.assert_allclose(theta, 0.1 / np.sqrt(0.1) * np.array([-1, -1, 1]), rtol=1e-5)


def test_a_gradient_of_0_is_no_division_by_zero():
    theta = np.ones(2)
    with np.errstate(all="raise"):
        RMSprop(0.1).step(theta, np.zeros(2))
    np.testing.assert_array_equal(theta, 1)


@pytest.mark.parametrize("name", ["rho"])
@pytest.mark.parametrize("value", [-0.1, 1, np.nan, "0.9", None])
def test_what_is_refused(name, value):
    with pytest.raises(
        ValueError, match=rf"{name} is .*\n  needed: a finite number from 0 to below 1"
    ) as error:
        RMSprop(**{name: value})
    line = str(error.value).split("fix:    ")[1]
    RMSprop(**eval(f"dict({line})"))  # what the message proposes is taken


def test_defaults_are_those_of_keras():
    config = {"learning_rate": 0.001, "rho": 0.9, "momentum": 0.0, "epsilon": 1e-7, "centered": False}
    assert RMSprop().get_config().items() >= config.items()
