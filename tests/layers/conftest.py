"""What the tests of layers share: Keras in double precision, and activations against 60 digits."""

import os

import mpmath
import numpy as np
import pytest

NEAR_AND_FAR = [sign * z for z in (1e4, 745, 100, 40, 17, 5, 2.5, 0.7, 1e-3, 1e-8) for sign in (-1, 1)]


@pytest.fixture(scope="session")
def keras():
    """Keras on JAX, computing in double precision as long as these tests run."""
    pytest.importorskip("jax", exc_type=ImportError)
    os.environ.setdefault("KERAS_BACKEND", "jax")
    import jax

    jax.config.update("jax_enable_x64", True)
    return pytest.importorskip("keras", exc_type=ImportError)


@pytest.fixture
def double(keras, monkeypatch):
    """Keras itself, with double precision as its default, and kept to it.

    Its rule for the type of a result makes float32 of float64 on JAX, so that tanh and the normalisations
    round to float32 in the middle of float64.
    """
    from keras.src.backend.common import dtypes

    monkeypatch.setitem(dtypes.BIT64_TO_BIT32_DTYPE, "float64", "float64")
    before = keras.config.floatx()
    keras.config.set_floatx("float64")
    yield keras
    keras.config.set_floatx(before)


@pytest.fixture(params=[np.float32, np.float64])
def assert_right_near_and_far(request):
    """A check of a layer's function and slope against a function of one number in 60 digits."""
    dtype = request.param
    ulp, tiny = float(np.finfo(dtype).eps), float(np.finfo(dtype).tiny)

    def check(layer, exact, only=lambda z: True, absolute=lambda z: 0.0):
        z = np.array([[z for z in NEAR_AND_FAR if only(z)]], dtype)
        with np.errstate(all="raise", under="ignore"):
            y = layer.forward(z, training=True)
            dz = layer.backward(np.ones_like(z))
        assert y.dtype == dz.dtype == dtype
        with mpmath.workdps(60):
            for number, have, slope in zip(z[0], y[0], dz[0], strict=True):
                x = mpmath.mpf(float(number))
                want, right = exact(x), mpmath.diff(exact, x)
                moved = abs(want) + abs(x * right)  # how far one ulp in z moves the result
                assert abs(float(have) - want) <= 8 * ulp * moved + tiny + ulp * absolute(abs(x)), number
                assert abs(float(slope) - right) <= 32 * ulp * max(1, abs(right)), number

    return check
