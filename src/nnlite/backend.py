"""What scripts look for in ``keras.backend``: the float type, epsilon, and a fresh count of names."""

from nnlite.config import clear_session, epsilon, floatx, set_floatx

__all__ = ["clear_session", "epsilon", "floatx", "set_floatx"]
