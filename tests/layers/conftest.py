"""What the tests of layers share: activations against 60 digits."""

import mpmath
import numpy as np
import pytest

NEAR_AND_FAR = [sign * z for z in (1e4, 745, 100, 40, 17, 5, 2.5, 0.7, 1e-3, 1e-8) for sign in (-1, 1)]


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
