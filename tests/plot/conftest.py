"""Drawing without a window, and nothing left open."""

import matplotlib as mpl
import pytest


@pytest.fixture(autouse=True)
def canvas():
    before = mpl.get_backend()
    mpl.use("Agg")
    import matplotlib.pyplot as plt

    settings = dict(mpl.rcParams)
    yield
    assert dict(mpl.rcParams) == settings, "a picture changed matplotlib's settings"
    plt.close("all")
    mpl.use(before)
