"""The perceptron rule: what it learns, what it cannot, and how it says so."""

import itertools
import re

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from nnlite.datasets import moons
from nnlite.errors import ShapeError
from nnlite.perceptron import Perceptron, boundary

SQUARE = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
OR, AND, NAND, XOR = [-1, 1, 1, 1], [-1, -1, -1, 1], [1, 1, 1, -1], [-1, 1, 1, -1]


# --- the rule ----------------------------------------------------------------------------------------------


def test_learning_or_by_hand():
    """Every move; a sample is a mistake where t·(w·x + b) <= 0."""
    p = Perceptron().fit(SQUARE, OR)
    np.testing.assert_array_equal(
        p.history,
        [
            [0, 0, 0],
            [0, 0, -1],  # epoch 1: (0,0), t = -1: -(0) <= 0, so b - 1
            [0, 1, 0],  #          (0,1), t = 1: 0 - 1 = -1 <= 0, so + (0,1), b + 1
            [1, 1, 1],  #          (1,0): 0 <= 0, so + (1,0), b + 1;   (1,1): 3 > 0
            [1, 1, 0],  # epoch 2: (0,0): -(1) <= 0;   the others: 1, 1, 2 > 0
            [1, 1, -1],  # epoch 3: (0,0): -(0) <= 0
            [1, 2, 0],  #          (0,1): 1 - 1 = 0 <= 0;   (1,0): 1, (1,1): 3
            [1, 2, -1],  # epoch 4: (0,0): -(0) <= 0;   (0,1): 2 - 1 = 1
            [2, 2, 0],  #          (1,0): 1 - 1 = 0 <= 0;   (1,1): 4
            [2, 2, -1],  # epoch 5: (0,0): -(0) <= 0;   the others: 1, 1, 3
        ],  # epoch 6: 1, 1, 1, 3, all > 0
    )
    assert p.mistakes == [3, 1, 2, 2, 1, 0]
    assert p.converged
    assert not p.circular
    assert p.w.tolist() == [2, 2]
    assert p.b == -1
    assert p.report() == "learned: no mistake in epoch 6, after 9 moves"


def test_the_formulas_in_the_docstring():
    """They are NumPy, and are run: each sample gives the next row of the history, or the same one."""
    text = Perceptron.__doc__
    lines = re.findall(r"^ +((?:y|w1|b1) +=.*)$", text, re.M)
    assert len(lines) == 3
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(9, 3)), rng.choice([-1, 1], 9)
    p = Perceptron(learning_rate=0.3, max_epochs=4).fit(X, y)
    moves = iter(p.history[1:])
    space = {"np": np, "learning_rate": 0.3, "w": np.zeros(3), "b": 0.0}
    for _ in p.mistakes:
        for x, t in zip(X, y, strict=True):
            space |= {"x": x, "t": t}
            exec(re.search(r"``(wrong = .*?)``", text)[1], space)
            for line in lines:
                exec(line, space)
            assert space["y"] == Perceptron.of(space["w"], space["b"]).predict(x[np.newaxis])[0]
            if space["wrong"]:
                np.testing.assert_allclose([*space["w1"], space["b1"]], next(moves), rtol=1e-12, atol=1e-14)
            space |= {"w": space["w1"], "b": space["b1"]}
    assert next(moves, None) is None


@pytest.mark.parametrize("labels", list(itertools.product([-1, 1], repeat=4)))
def test_all_sixteen_functions_of_two_bits(labels):
    """Fourteen can be learned; XOR and its negation cannot, and the rule knows."""
    p = Perceptron().fit(SQUARE, labels)
    if list(labels) in (XOR, [-t for t in XOR]):
        assert not p.converged
        assert p.circular
        assert "no line separates the classes: w and b came back" in p.report()
        assert (p.predict(SQUARE) == labels).sum() <= 3
    else:
        assert p.converged
        assert p.predict(SQUARE).tolist() == list(labels)


def test_xor_by_hand():
    """(0,0): b - 1; (0,1): -1 <= 0, so + (0,1, 1); (1,0): 0 <= 0, so + (1,0, 1); (1,1): -3 <= 0, so 0."""
    p = Perceptron().fit(SQUARE, XOR)
    np.testing.assert_array_equal(p.history, [[0, 0, 0], [0, 0, -1], [0, 1, 0], [1, 1, 1], [0, 0, 0]])
    assert p.report().startswith("not learned: 4 mistakes in epoch 1; 0 of 4 samples are right\nno line")


def test_two_layers_of_perceptrons_compute_xor():
    """XOR is OR and not both: three units, each of which is learned."""
    either, not_both = Perceptron().fit(SQUARE, OR), Perceptron().fit(SQUARE, NAND)
    hidden = np.column_stack([either.predict(SQUARE), not_both.predict(SQUARE)])
    both = Perceptron().fit(hidden, XOR)
    assert both.converged
    assert both.predict(hidden).tolist() == XOR


def test_units_by_hand():
    assert Perceptron.of([1, 1], -1.5).predict(SQUARE).tolist() == AND
    assert Perceptron.of([1, 1], -0.5).predict(SQUARE).tolist() == OR
    assert Perceptron.of([-1, -1], 1.5).predict(SQUARE).tolist() == NAND
    assert Perceptron.of([1, 1], -1).predict(SQUARE).tolist() == [-1, 0, 0, 1]  # two points on the line


def test_what_is_learned_is_not_learned_again():
    p = Perceptron().fit(SQUARE, AND)
    w, b = p.w.copy(), p.b
    p.fit(SQUARE, AND)
    assert p.mistakes == [0]
    assert len(p.history) == 1
    np.testing.assert_array_equal(p.w, w)
    assert p.b == b


def test_a_fit_goes_on_from_where_the_last_one_ended():
    whole, parts = Perceptron().fit(SQUARE, OR), Perceptron(max_epochs=1)
    for _ in range(6):
        parts.fit(SQUARE, OR)
    np.testing.assert_array_equal(parts.w, whole.w)
    assert parts.converged


def test_too_few_epochs_are_no_proof():
    p = Perceptron(max_epochs=2).fit(SQUARE, OR)
    assert not p.converged
    assert not p.circular
    assert p.report().endswith("or max_epochs is too small")


def test_without_a_fixed_order_nothing_is_proved():
    p = Perceptron(max_epochs=50, seed=0).fit(SQUARE, XOR)
    assert not p.converged
    assert not p.circular
    assert len(p.mistakes) == 50
    assert Perceptron(max_epochs=50, seed=0).fit(SQUARE, XOR).mistakes == p.mistakes
    assert Perceptron(seed=0).fit(SQUARE, OR).converged


def test_rounding_is_named_where_it_may_be_to_blame():
    """Beside 1e20 a move by 1 is lost, so w comes back, though one sample can always be learned."""
    p = Perceptron.of([1e20], 1e20).fit([[1.0]], [-1])
    assert p.circular
    assert "no line separates the classes, unless rounding is to blame" in p.report()
    assert "unless rounding" in Perceptron().fit(0.1 * SQUARE, XOR).report()
    assert "unless rounding" not in Perceptron().fit(SQUARE, XOR).report()


@pytest.mark.parametrize("rate", [0.5, 2.0, 64.0])
def test_the_learning_rate_only_scales(rate):
    """By a power of 2, so that nothing is rounded."""
    one, other = Perceptron().fit(SQUARE, OR), Perceptron(rate).fit(SQUARE, OR)
    np.testing.assert_array_equal(other.history, rate * one.history)


def test_curved_classes_are_not_separable():
    X, y = moons(200, 0.05, rng=0)
    p = Perceptron(max_epochs=30).fit(X, 2 * y - 1)
    assert not p.converged
    assert len(p.mistakes) == 30
    assert "not learned" in p.report()


@given(
    st.integers(0, 2**32 - 1),
    st.integers(1, 4),
    st.integers(2, 20),
)
def test_mistakes_stay_below_the_bound_for_separable_samples(seed, features, n):
    rng = np.random.default_rng(seed)
    X, w, b = rng.normal(size=(n, features)), rng.normal(size=features), rng.normal()
    margins = X @ w + b
    assume(np.abs(margins).min() > 0.05)
    y = np.sign(margins)
    p = Perceptron(max_epochs=10**6).fit(X, y)
    assert p.converged
    assert (p.predict(X) == y).all()
    assert sum(p.mistakes) <= p.mistake_bound(X, y)
    assert sum(p.mistakes) <= Perceptron.of(w, b).mistake_bound(X, y)
    assert len(p.history) == sum(p.mistakes) + 1


def test_the_bound_by_hand():
    """Rows (0,0,1) … (1,1,1): R² = 3. w = (2,2), b = -1: margins 1, 1, 1, 3, so γ² = 1/9 and R²/γ² = 27."""
    p = Perceptron().fit(SQUARE, OR)
    assert p.mistake_bound(SQUARE, OR) == 27
    with pytest.raises(ValueError, match="does not separate"):
        p.mistake_bound(SQUARE, AND)


# --- the line ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("w", "b", "points"),
    [
        ([1, 1], -1.5, [[0.5, 1], [1, 0.5]]),  # x2 = 1.5 - x1
        ([1, 0], -0.5, [[0.5, 0], [0.5, 1]]),  # upright
        ([0, 2], -0.5, [[0, 0.25], [1, 0.25]]),  # level
        ([1, -1], 0, [[0, 0], [1, 1]]),  # the diagonal
        ([1, 1], -5, None),  # passes by
        ([1, 0], -5, None),
        ([0, 1], 1, None),
        ([0, 0], 1, None),  # no line at all
    ],
)
def test_boundary_in_the_unit_square(w, b, points):
    found = boundary(w, b, (0, 0), (1, 1))
    if points is None:
        assert found is None
    else:
        np.testing.assert_allclose(sorted(found.tolist()), points, atol=1e-15)


@given(st.lists(st.floats(-5, 5), min_size=3, max_size=3))
def test_the_ends_of_the_boundary_lie_on_the_line_and_on_the_border(weights):
    *w, b = weights
    assume(np.hypot(*w) > 1e-3)
    points = boundary(w, b, (-1, -2), (3, 2))
    corners = np.array([[-1, -2], [-1, 2], [3, -2], [3, 2]]) @ w + b
    if points is None:
        assert (corners >= -1e-9).all() or (corners <= 1e-9).all()
        return
    np.testing.assert_allclose(points @ w + b, 0, atol=1e-12)
    for x1, x2 in points:
        assert min(abs(x1 + 1), abs(x1 - 3), abs(x2 + 2), abs(x2 - 2)) < 1e-9
        assert -1 - 1e-9 <= x1 <= 3 + 1e-9
        assert -2 - 1e-9 <= x2 <= 2 + 1e-9


def test_the_learned_line_passes_between_the_classes():
    p = Perceptron().fit(SQUARE, OR)  # 2 x1 + 2 x2 = 1
    np.testing.assert_allclose(sorted(p.boundary((0, 0), (1, 1)).tolist()), [[0, 0.5], [0.5, 0]])
    assert p.boundary() is not None


# --- refusals ----------------------------------------------------------------------------------------------


def test_labels_must_be_signs():
    with pytest.raises(ValueError, match=r"labels are 0, 1\n(.|\n)*fix:    y = 2 \* y - 1"):
        Perceptron().fit(SQUARE, [0, 1, 1, 1])
    with pytest.raises(ValueError, match="labels are 1, 2, 3"):
        Perceptron().fit(SQUARE, [1, 2, 3, 3])


@pytest.mark.parametrize(
    ("X", "y"), [(SQUARE, [1, 1]), (SQUARE.ravel(), [1] * 8), (SQUARE[:0], []), (SQUARE, np.ones((4, 2)))]
)
def test_shapes_that_do_not_fit(X, y):
    with pytest.raises(ShapeError, match="X has the shape"):
        Perceptron().fit(X, y)


def test_a_column_of_labels_is_understood():
    assert Perceptron().fit(SQUARE, np.array(OR)[:, np.newaxis]).converged


def test_other_refusals():
    with pytest.raises(ValueError, match="not finite"):
        Perceptron().fit([[np.nan, 1.0]], [1])
    with pytest.raises(RuntimeError, match="no weights yet"):
        Perceptron().predict(SQUARE)
    p = Perceptron().fit(SQUARE, OR)
    with pytest.raises(ShapeError, match=r"x has the shape \(2,\)"):
        p.predict([0, 1])
    with pytest.raises(ShapeError, match="X has 3 features"):
        p.fit(np.ones((4, 3)), OR)
    with pytest.raises(ShapeError, match="w has the shape"):
        Perceptron.of([[1, 1]], 0)
    with pytest.raises(ShapeError, match="two inputs"):
        Perceptron.of([1, 1, 1], 0).boundary()
    for wrong in ({"learning_rate": 0}, {"max_epochs": 0}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            Perceptron(**wrong)
    assert Perceptron().report() == "not trained"


def test_a_refused_fit_changes_nothing():
    p = Perceptron().fit(SQUARE, OR)
    before = p.w.copy(), p.b, p.report()
    with pytest.raises(ValueError, match="labels"):
        p.fit(SQUARE, [0, 0, 0, 0])
    np.testing.assert_array_equal(p.w, before[0])
    assert (p.b, p.report()) == before[1:]


def test_configuration():
    p = Perceptron(0.5, max_epochs=7, seed=3)
    assert Perceptron.from_config(p.get_config()).get_config() == p.get_config()
    assert repr(p) == "Perceptron(learning_rate=0.5, max_epochs=7, seed=3)"
