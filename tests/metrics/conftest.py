"""Keras, in double precision throughout."""

import os

import pytest


@pytest.fixture(scope="module")
def keras():
    pytest.importorskip("jax", exc_type=ImportError)
    os.environ.setdefault("KERAS_BACKEND", "jax")
    import jax

    jax.config.update("jax_enable_x64", True)
    keras = pytest.importorskip("keras", exc_type=ImportError)
    from keras.src.backend.common import dtypes

    before = keras.config.floatx()
    keras.config.set_floatx("float64")
    with pytest.MonkeyPatch.context() as patch:
        # by this table Keras takes means, and compares, in float32, whatever floatx is
        patch.setattr(dtypes, "BIT64_TO_BIT32_DTYPE", {})
        yield keras
    keras.config.set_floatx(before)
