"""The updates as one loop over the numbers, beside the plain ones; and when the loop is taken."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnlite.optim import SGD, Adagrad, Adam, AdamW, RMSprop, fused
from nnlite.optim.schedules import ExponentialDecay

RULES = [
    (SGD, {}),
    (SGD, {"momentum": 0.9}),
    (SGD, {"momentum": 0.9, "nesterov": True}),
    (RMSprop, {"epsilon": 1e-3}),
    (RMSprop, {"momentum": 0.9}),
    (RMSprop, {"centered": True}),
    (RMSprop, {"centered": True, "momentum": 0.5}),
    (Adam, {}),
    (Adam, {"amsgrad": True}),
    (AdamW, {"weight_decay": 0.1}),
    (AdamW, {"weight_decay": 0.1, "amsgrad": True}),
]
EVERY = pytest.mark.parametrize(("cls", "options"), RULES, ids=lambda v: getattr(v, "__name__", str(v)))
NAMES = ["one/W", "one/b", "two/W"]


def close(mine, right):
    """To a few roundings of the numbers that were added up, which are at most about 1."""
    np.testing.assert_allclose(
        mine, right, rtol=4 * np.finfo(right.dtype).eps, atol=np.finfo(right.dtype).eps
    )


def compare(cls, options, dtype, lengths, steps, draw, compiled):
    """Step by step beside the plain rule: θ and all that is remembered."""
    ends = np.cumsum(lengths)
    arrays = [slice(int(end - n), int(end)) for n, end in zip(lengths, ends, strict=True)]
    trainable = [*arrays[:1], *arrays[2:]]
    where = trainable, trainable, [NAMES[0], *NAMES[2:]][: len(trainable)]
    plain, loop = (cls(ExponentialDecay(0.1, 2, 0.9), **options) for _ in range(2))
    plain.jit, loop.jit = False, compiled
    for rule in (plain, loop):
        rule.exclude_from_weight_decay(var_list=["two/W"])
    right = draw.uniform(-1, 1, size=ends[-1]).astype(dtype)
    theta, start = right.copy(), right.copy()
    for _ in range(steps):
        g = draw.normal(size=len(theta)).astype(dtype)
        plain.step(right, g, *where)
        loop.step(theta, g, *where)
        close(theta, right)
        for name, vector in plain.state.items():
            close(loop.state[name], vector)
    if len(arrays) > 1:
        np.testing.assert_array_equal(theta[arrays[1]], start[arrays[1]])  # which was left out
    assert theta.dtype == dtype


@EVERY
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_loops_do_what_the_rules_do(cls, options, dtype, monkeypatch):
    monkeypatch.setattr(fused, "installed", lambda: True)
    monkeypatch.setattr(fused, "compiled", lambda loop: loop)  # as Python, number by number
    with np.errstate(all="raise"):
        compare(cls, options, dtype, [7, 3, 5], 4, np.random.default_rng(0), compiled=True)


@EVERY
@settings(max_examples=15, deadline=None)
@given(
    dtype=st.sampled_from([np.float32, np.float64]),
    lengths=st.lists(st.integers(0, 300), min_size=1, max_size=3),
    seed=st.integers(0, 2**32 - 1),
)
def test_compiled_loops_do_what_the_rules_do(numba, cls, options, dtype, lengths, seed):
    compare(cls, options, dtype, lengths, 5, np.random.default_rng(seed), compiled=True)


@pytest.mark.parametrize("extra", [{"clipnorm": 0.1}, {"use_ema": True}, {"gradient_accumulation_steps": 2}])
def test_what_stands_around_the_rule_is_the_same(numba, extra):
    compare(Adam, extra, np.float64, [40, 3, 50], 6, np.random.default_rng(0), compiled=True)


def test_loops_are_kept_on_disk(numba):
    assert fused.compiled(fused.adam).stats.cache_path


# --- when it is taken ----------------------------------------------------------------------------------


@pytest.fixture
def taken(monkeypatch):
    """The names of the loops that steps take, whether numba is there or not."""
    names = []

    def compiled(loop):
        names.append(loop.__name__)
        return loop

    monkeypatch.setattr(fused, "installed", lambda: True)
    monkeypatch.setattr(fused, "compiled", compiled)
    return names


def step(rule, n=5, dtype=np.float32):
    rule.step(np.ones(n, dtype), np.ones(n, dtype))


def test_a_long_theta_is_moved_by_a_loop_and_a_short_one_is_not(taken, monkeypatch):
    monkeypatch.setattr(fused, "LONG", 100)
    assert Adam().jit == "auto"
    step(Adam(), 99)
    assert taken == []
    step(Adam(), 100)
    assert taken == ["adam"]


def test_it_can_be_chosen(taken, monkeypatch):
    monkeypatch.setattr(fused, "LONG", 100)
    for jit, n in ((True, 3), (False, 200)):
        rule = SGD(momentum=0.9)
        rule.jit = jit
        step(rule, n)
    assert taken == ["momentum"]
    with pytest.raises(ValueError, match=r"jit is 'never'\n  needed: True, False or 'auto'"):
        rule.jit = "never"
    assert rule.jit is False


def test_other_rules_types_and_classes_stay_in_numpy(taken):
    class Mine(SGD):
        def update(self, theta, g):
            theta -= 2 * self.rate * g

    class Named(SGD):
        pass

    for rule, dtype in ((Mine(), "f"), (Adagrad(), "f"), (Adam(), "D"), (Adam(), "e")):
        rule.jit = True
        step(rule, dtype=dtype)
    assert taken == []
    rule = Named()
    rule.jit = True
    step(rule)
    assert taken == ["sgd"]


def test_without_numba_it_says_how_to_install_it(monkeypatch):
    monkeypatch.setattr(fused, "installed", lambda: False)
    rule, theta = SGD(1.0), np.ones(2)
    with pytest.warns(
        UserWarning, match=r'numba is not installed(.|\n)*pip install "nnlite\[fast\]"'
    ) as seen:
        rule.jit = True
    assert seen[0].filename == __file__
    rule.step(theta, np.ones(2))
    np.testing.assert_array_equal(theta, 0)


def test_a_numba_that_does_not_work_is_named_once(monkeypatch):
    def broken(name):
        raise ImportError("numba needs another NumPy")

    monkeypatch.setattr(fused, "installed", lambda: True)
    monkeypatch.setattr(fused.importlib, "import_module", broken)
    fused.compiled.cache_clear()
    rule, theta = SGD(1.0), np.ones(2)
    rule.jit = True
    with pytest.warns(UserWarning, match="numba cannot be imported \\(numba needs another NumPy\\)"):
        rule.step(theta, np.ones(2))
    rule.step(theta, np.ones(2))
    np.testing.assert_array_equal(theta, -1)
    fused.compiled.cache_clear()


SCRIPT = """
import sys
import numpy as np
import nnlite
from nnlite.optim import Adam
for n in (1000, nnlite.optim.fused.LONG - 1):
    Adam().step(np.ones(n), np.ones(n))
rule = Adam()
rule.jit = False
rule.step(np.ones(nnlite.optim.fused.LONG), np.ones(nnlite.optim.fused.LONG))
assert "numba" not in sys.modules
"""


def test_numba_is_not_loaded_for_a_short_theta():
    assert subprocess.run([sys.executable, "-c", SCRIPT]).returncode == 0


WITHOUT = """
import sys
sys.modules["numba"] = None  # as if it was not installed
import numpy as np
from nnlite.optim import Adam, fused
theta = np.ones(fused.LONG)
Adam(0.1).step(theta, np.ones(fused.LONG))
np.testing.assert_allclose(theta, 0.9, rtol=1e-5)
"""


def test_a_long_theta_without_numba():
    assert subprocess.run([sys.executable, "-W", "error", "-c", WITHOUT]).returncode == 0
