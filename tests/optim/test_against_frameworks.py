"""Every rule and every option beside Keras's own optimizer and PyTorch's, fed with the same gradients."""

import numpy as np
import pytest

from nnlite import optim
from nnlite.optim import schedules

SHAPES = [(5, 7), (7,), (7, 3), (3,)]
NAMES = ["first/W", "first/b", "second/W", "second/b"]
ENDS = np.cumsum([np.prod(shape) for shape in SHAPES]).tolist()
ARRAYS = [slice(start, end) for start, end in zip([0, *ENDS], ENDS, strict=False)]
STEPS = (1, 10, 100)

draw = np.random.default_rng(0)
THETA = draw.normal(size=ENDS[-1])
GRADIENTS = draw.normal(size=(max(STEPS), ENDS[-1]))

RULES = [
    ("SGD", {}),
    ("SGD", {"momentum": 0.9}),
    ("SGD", {"momentum": 0.9, "nesterov": True}),
    ("SGD", {"nesterov": True}),
    ("RMSprop", {}),
    ("RMSprop", {"rho": 0.8, "momentum": 0.9, "epsilon": 1e-3}),
    ("RMSprop", {"centered": True}),
    ("RMSprop", {"centered": True, "momentum": 0.5}),
    ("Adam", {}),
    ("Adam", {"beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-3}),
    ("Adam", {"amsgrad": True}),
    ("AdamW", {}),
    ("AdamW", {"weight_decay": 0.1, "amsgrad": True}),
    ("Adagrad", {}),
    ("Adagrad", {"initial_accumulator_value": 0.0, "epsilon": 1e-3}),
    ("Adadelta", {"rho": 0.8, "epsilon": 1e-3}),
    ("Adamax", {"beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-3}),
    ("Nadam", {"beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-3}),
    ("Lion", {"beta_1": 0.8, "beta_2": 0.95}),
]
EXTRAS = [
    {"weight_decay": 0.1},
    {"clipnorm": 0.7},
    {"clipvalue": 0.3},
    {"global_clipnorm": 0.7},
    {"use_ema": True, "ema_momentum": 0.9},
    {"use_ema": True, "ema_overwrite_frequency": 3},
    {"gradient_accumulation_steps": 3},
    {"gradient_accumulation_steps": 3, "use_ema": True, "ema_overwrite_frequency": 4},
    {"gradient_accumulation_steps": 2, "weight_decay": 0.1, "clipnorm": 0.5},
]


def label(value):
    return value if isinstance(value, str) else " ".join(f"{k}={v}" for k, v in value.items()) or "plain"


def our_path(rule):
    """θ after every step."""
    theta, path = THETA.copy(), []
    for g in GRADIENTS:
        rule.step(theta, g, [slice(0, len(theta))], ARRAYS, NAMES)
        path.append(theta.copy())
    rule.finalize(theta)
    return np.array(path), theta


def test_every_rule_is_in_the_table():
    assert {cls.__name__ for cls in optim.registry.registry.values()} == {name for name, _ in RULES}


# --- Keras ---------------------------------------------------------------------------------------------


def path_of_keras(keras, optimizer):
    """θ after every step, all steps in one compiled loop; and θ when the training ends."""
    import jax

    variables = [
        keras.Variable(THETA[place].reshape(shape), dtype="float64", name=name)
        for place, shape, name in zip(ARRAYS, SHAPES, ("kernel", "bias") * 2, strict=True)
    ]
    optimizer.build(variables)
    gradients = [GRADIENTS[:, place].reshape(-1, *shape) for place, shape in zip(ARRAYS, SHAPES, strict=True)]

    def step(state, gradient):
        state = optimizer.stateless_apply(state[1], list(gradient), state[0])
        return state, state[0]

    start = [v.value for v in variables], [v.value for v in optimizer.variables]
    (theta, remembered), path = jax.jit(lambda s, g: jax.lax.scan(step, s, g))(start, gradients)
    for variable, value in zip([*variables, *optimizer.variables], [*theta, *remembered], strict=True):
        variable.assign(value)
    optimizer.finalize_variable_values(variables)
    path = np.concatenate([np.asarray(part).reshape(max(STEPS), -1) for part in path], axis=1)
    return path, np.concatenate([np.asarray(v).ravel() for v in variables])


def compare(keras, name, settings, *, prepare=lambda optimizer: None):
    mine, theirs = getattr(optim, name)(**settings), getattr(keras.optimizers, name)(**settings)
    prepare(mine)
    prepare(theirs)
    (path, end), (by_keras, end_by_keras) = our_path(mine), path_of_keras(keras, theirs)
    for steps in STEPS:
        np.testing.assert_allclose(path[steps - 1], by_keras[steps - 1], rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(end, end_by_keras, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(("name", "settings"), RULES, ids=label)
def test_rules_of_keras(keras, name, settings):
    compare(keras, name, {"learning_rate": 0.01, **settings})


@pytest.mark.parametrize("name", ["SGD", "Adam", "Nadam"])
@pytest.mark.parametrize("extra", EXTRAS, ids=label)
def test_extras_of_keras(keras, name, extra):
    compare(keras, name, {"learning_rate": 0.01, **extra})


@pytest.mark.slow
@pytest.mark.parametrize(("name", "settings"), RULES, ids=label)
@pytest.mark.parametrize("extra", EXTRAS, ids=label)
def test_every_rule_with_every_extra(keras, name, settings, extra):
    compare(keras, name, {"learning_rate": 0.01, **settings, **extra})


@pytest.mark.parametrize("words", [["bias"], ["kernel"], ["bi", "none"]], ids=str)
def test_what_does_not_decay_in_keras(keras, words):
    compare(
        keras,
        "SGD",
        {"learning_rate": 0.01, "weight_decay": 0.1},
        prepare=lambda optimizer: optimizer.exclude_from_weight_decay(var_names=words),
    )


@pytest.mark.parametrize("steps", [None, 3])
def test_a_schedule_counts_batches_as_in_keras(keras, steps):
    def rule(library, rates):
        rate = rates.ExponentialDecay(0.1, 7, 0.8)
        return library.SGD(rate, momentum=0.9, gradient_accumulation_steps=steps)

    mine, theirs = rule(optim, schedules), rule(keras.optimizers, keras.optimizers.schedules)
    path, by_keras = our_path(mine)[0], path_of_keras(keras, theirs)[0]
    # Keras computes the rate in float32
    np.testing.assert_allclose(path, by_keras, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(mine.learning_rate, float(theirs.learning_rate), rtol=1e-6)


# --- PyTorch -------------------------------------------------------------------------------------------

# Both add ε in other places in most rules; without ε the rules are the same.
TORCH = [
    ("SGD", {}, "SGD", {}),
    ("SGD", {"momentum": 0.9}, "SGD", {"momentum": 0.9}),
    ("SGD", {"momentum": 0.9, "nesterov": True}, "SGD", {"momentum": 0.9, "nesterov": True}),
    ("RMSprop", {"rho": 0.8, "epsilon": 0}, "RMSprop", {"alpha": 0.8, "eps": 0}),
    (
        "RMSprop",
        {"rho": 0.8, "epsilon": 0, "momentum": 0.9},
        "RMSprop",
        {"alpha": 0.8, "eps": 0, "momentum": 0.9},
    ),
    ("Adam", {"epsilon": 0}, "Adam", {"eps": 0}),
    ("Adam", {"epsilon": 0, "amsgrad": True}, "Adam", {"eps": 0, "amsgrad": True}),
    ("AdamW", {"epsilon": 0, "weight_decay": 0.1}, "AdamW", {"eps": 0, "weight_decay": 0.1}),
    (
        "Adagrad",
        {"epsilon": 0, "initial_accumulator_value": 0.1},
        "Adagrad",
        {"eps": 0, "initial_accumulator_value": 0.1},
    ),
    ("Adadelta", {"rho": 0.9, "epsilon": 1e-6}, "Adadelta", {"rho": 0.9, "eps": 1e-6}),  # the same with ε
    ("Adamax", {"epsilon": 0}, "Adamax", {"eps": 0}),
    ("Nadam", {"epsilon": 0}, "NAdam", {"eps": 0, "momentum_decay": 1}),  # Keras's is 1, PyTorch's 0.004
]


@pytest.fixture
def torch64(torch):
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)  # or NAdam keeps the product of its momenta in float32
    yield torch
    torch.set_default_dtype(before)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("name", "settings", "theirs", "torch_settings"), TORCH, ids=label)
def test_rules_of_pytorch(torch64, name, settings, theirs, torch_settings):
    path, _ = our_path(getattr(optim, name)(learning_rate=0.01, **settings))
    theta = torch64.tensor(THETA, requires_grad=True)
    optimizer = getattr(torch64.optim, theirs)([theta], lr=0.01, **torch_settings)
    for step, g in enumerate(GRADIENTS, start=1):
        theta.grad = torch64.tensor(g)
        optimizer.step()
        if step in STEPS:
            np.testing.assert_allclose(path[step - 1], theta.detach().numpy(), rtol=1e-12, atol=1e-14)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["Adam", "RMSprop"])
def test_where_epsilon_stands_does_change_the_result(torch64, name):
    path, _ = our_path(getattr(optim, name)(learning_rate=0.01, epsilon=0.1))
    theta = torch64.tensor(THETA, requires_grad=True)
    optimizer = getattr(torch64.optim, name)([theta], lr=0.01, eps=0.1)
    theta.grad = torch64.tensor(GRADIENTS[0])
    optimizer.step()
    assert np.abs(path[0] - theta.detach().numpy()).max() > 1e-3
