"""What all tests share: how hypothesis draws its examples, and Keras to compare with."""

import os

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("dev", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile(
    "ci", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True, print_blob=True
)
settings.load_profile("ci" if os.environ.get("CI") else "dev")


@pytest.fixture(scope="session")
def keras32():
    """Keras on JAX as it is, which computes in float32."""
    os.environ.setdefault("KERAS_BACKEND", "jax")
    pytest.importorskip("jax", exc_type=ImportError)
    keras = pytest.importorskip("keras", exc_type=ImportError)
    if keras.backend.backend() != "jax":
        pytest.skip("written for Keras on JAX")
    return keras


@pytest.fixture
def keras(keras32, monkeypatch):
    """Keras in double precision throughout, for one test.

    Its own rule for the type of a result makes float32 of float64 on JAX, whatever its ``floatx``: means,
    tanh and the normalisations would round to float32 in the middle of float64.
    """
    import jax
    from keras.src.backend.common import dtypes

    before = keras32.config.floatx(), jax.config.jax_enable_x64
    monkeypatch.setattr(dtypes, "BIT64_TO_BIT32_DTYPE", {})
    keras32.config.set_floatx("float64")
    jax.config.update("jax_enable_x64", True)
    yield keras32
    keras32.config.set_floatx(before[0])
    jax.config.update("jax_enable_x64", before[1])
