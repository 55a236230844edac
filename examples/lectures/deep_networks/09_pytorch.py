"""The slides' PyTorch code, line by line beside nnlite.

Three snippets: [8, 10, 1] and [8, 10, 5, 1] for the prices of houses, and the classifier of images. Where
PyTorch is installed both are built, the weights of one are put into the other, and the outputs are compared.
"""

import sys

import numpy as np

from nnlite import Sequential, plot
from nnlite.layers import Dense, Flatten  # noqa: F401 - the names are in the lines of text below
from nnlite.utils import set_random_seed

try:
    import torch
    from torch import nn
except ImportError:
    torch = None
    print("PyTorch is not installed, so only the nnlite half is run.\n")

# %%
# Each line of PyTorch, and the line of nnlite that takes its place. A Linear of PyTorch is a Dense: it is
# told the number of inputs as well, which a Dense finds out by itself. (A ``Linear`` of nnlite is the
# activation that changes nothing.)
no_features, no_labels = 8, 1
snippets = {
    "Example 3": [
        ("nn.Linear(no_features, 10)", "Dense(10, 'relu')"),
        ("nn.ReLU()", "    (the activation of the line above)"),
        ("nn.Linear(10, no_labels)", "Dense(no_labels)"),
    ],
    "Example 4": [
        ("nn.Linear(no_features, 10)", "Dense(10, 'relu')"),
        ("nn.ReLU()", "    (the activation of the line above)"),
        ("nn.Linear(10, 5)", "Dense(5, 'relu')"),
        ("nn.ReLU()", "    (the activation of the line above)"),
        ("nn.Linear(5, no_labels)", "Dense(no_labels)"),
    ],
    "Example 5": [
        ("nn.Flatten()", "Flatten()"),
        ("nn.Linear(784, 512)", "Dense(512, 'relu')"),
        ("nn.ReLU()", "    (the activation of the line above)"),
        ("nn.Linear(512, 512)", "Dense(512, 'relu')"),
        ("nn.ReLU()", "    (the activation of the line above)"),
        ("nn.Linear(512, 10)", "Dense(10, 'softmax')"),
        ("nn.Softmax(dim=1)", "    (the activation of the line above)"),
    ],
}
numbers = {"Example 3": 101, "Example 4": 151, "Example 5": 669_706}
models = {}
for name, rows in snippets.items():
    set_random_seed(0)
    shape = (28, 28) if name == "Example 5" else (no_features,)
    lines = [line for _, line in rows if not line.startswith(" ")]
    model = models[name] = Sequential([eval(line) for line in lines])
    model.build((None, *shape))
    print(f"{name}   {'PyTorch':29} nnlite")
    for theirs, ours in rows:
        print(f"{'':11} {theirs:29} {ours}")
    print(f"{'':11} parameters by hand {numbers[name]:,}, nnlite {model.count_params():,}", end="")
    assert model.count_params() == numbers[name]
    if torch is not None:
        network = nn.Sequential(*(eval(line) for line, _ in rows))
        theirs = sum(p.numel() for p in network.parameters())
        # a weight of PyTorch is (outputs, inputs), one of nnlite (inputs, outputs)
        model.set_weights([p.detach().numpy().T for p in network.parameters()])
        x = np.random.default_rng(0).uniform(size=(5, *shape)).astype("float32")
        p = network(torch.from_numpy(x)).detach().numpy()
        difference = np.abs(model.predict(x, verbose=0) - p).max()
        print(f", PyTorch {theirs:,}; largest difference of the outputs {difference:.1e}", end="")
        assert theirs == numbers[name]
        assert difference < 1e-5
    print("\n")

# %%
# What the slides' function ``forward`` returns is called logits. For the houses these are predictions, and
# for the images, after the Softmax, probabilities.
p = models["Example 5"].predict(np.zeros((2, 28, 28)), verbose=0)
np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-5)

# %%
# The network of Example 4 as a diagram.
if sys.argv[1:2] == ["--picture"]:
    ax = plot.network(models["Example 4"])
    ax.figure.savefig(sys.argv[2])
