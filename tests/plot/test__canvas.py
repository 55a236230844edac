import matplotlib.pyplot as plt

from nnlite.plot._canvas import axes_or_new, figure_or_new


def test_what_was_given_is_taken():
    figure, ax = plt.subplots()
    assert figure_or_new(figure, (1, 1)) is figure
    assert axes_or_new(ax) is ax
    assert len(plt.get_fignums()) == 1


def test_new_ones_have_the_size():
    assert figure_or_new(None, (3, 2)).get_size_inches().tolist() == [3, 2]
    assert axes_or_new(None, (4, 1)).figure.get_size_inches().tolist() == [4, 1]
