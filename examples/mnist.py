"""A network of plain NumPy learns to read handwritten digits.

    python examples/mnist.py
    python examples/mnist.py --epochs 20
    python examples/mnist.py --layers 512 512 --activation relu --optimizer rmsprop
    python examples/mnist.py --data fashion_mnist
    python examples/mnist.py --data digits          # drawn on the fly, needs no network

The data are looked for in the folder that the environment variable NNLITE_DATA_DIR names, then in the
cache, then on the net. Where MNIST cannot be had, the script says so and trains on digits that it draws
itself.
"""

import argparse
import time
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np

from nnlite import Sequential, datasets, plot
from nnlite.callbacks import History
from nnlite.errors import DataNotFoundError
from nnlite.layers import Dense, Input
from nnlite.utils import set_random_seed


def main() -> None:
    options = read_options()
    set_random_seed(options.seed)
    source, ((x_train, y_train), (x_test, y_test)) = load(options.data)
    x_train, y_train = x_train[: options.samples], y_train[: options.samples]
    print(f"{source}: {len(x_train):,} images to learn from, {len(x_test):,} to be tested on")

    # 28 × 28 bytes become a row of 784 numbers from 0 to 1
    x_train = x_train.reshape(-1, 784).astype("float32") / 255
    x_test = x_test.reshape(-1, 784).astype("float32") / 255

    model = Sequential([Input(shape=(784,))])
    for i, units in enumerate(options.layers, 1):
        model.add(Dense(units, activation=options.activation, name=f"hidden_{i}"))
    model.add(Dense(10, activation="softmax", name="output"))
    model.compile(options.optimizer, loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    if options.learning_rate is not None and model.optimizer is not None:
        model.optimizer.learning_rate = options.learning_rate
    model.summary()

    started = time.perf_counter()
    try:
        model.fit(
            x_train,
            y_train,
            batch_size=options.batch_size,
            epochs=options.epochs,
            validation_data=(x_test, y_test),
        )
    except KeyboardInterrupt:  # Ctrl-C: the weights and the finished epochs are still there
        print("\nstopped; what follows is about the network as it is now")
    print(f"trained for {time.perf_counter() - started:.1f} s")

    loss, accuracy = model.evaluate(x_test, y_test, verbose=0)
    print(f"test loss {loss:.4f}, test accuracy {accuracy:.4f} on {source}")
    history = model.history
    if history is None or not history.epoch:
        return  # not one epoch was finished, so there are no curves
    save_picture(model, history, x_test, y_test, f"{source}: test accuracy {accuracy:.4f}", options.picture)
    print(f"curves, first-layer weights and worst mistakes: {options.picture}")


def load(name: str) -> tuple[str, Any]:
    """Return the data and what they are; digits that we draw ourselves, where MNIST cannot be had."""
    if name == "digits":
        return "built-in digits", datasets.digits()
    if name == "fashion_mnist":
        return "Fashion-MNIST", datasets.fashion_mnist.load_data()
    try:
        return "MNIST", datasets.mnist.load_data()
    except DataNotFoundError as error:
        print(
            f"MNIST could not be had ({str(error).splitlines()[0]}): training on the built-in digits instead"
        )
        return "built-in digits", datasets.digits()


def save_picture(
    model: Sequential, history: History, x_test: np.ndarray, y_test: np.ndarray, title: str, path: Path
) -> None:
    """Draw the learning curves, what the hidden units look for, and the most confident mistakes."""
    import matplotlib.pyplot as plt

    figure = plt.figure(figsize=(15, 8), layout="constrained")
    figure.suptitle(title, fontsize=16)
    panels: Any = figure.subfigures(1, 3, width_ratios=(1, 0.85, 1))
    left, middle, right = panels
    top, bottom = left.subplots(2, 1)
    plot.learning_curves(history, metric="loss", ax=top)
    plot.learning_curves(history, metric="accuracy", ax=bottom)
    plot.weights(model.layers[0], columns=5, limit=40, figure=middle)
    plot.worst_mistakes(model, x_test, y_test, figure=right)
    figure.savefig(path, dpi=100)
    plt.close(figure)


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--data", choices=["mnist", "fashion_mnist", "digits"], default="mnist")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--batch-size", type=int, default=100)
    parser.add_argument(
        "--layers", type=int, nargs="*", default=[100], metavar="UNITS", help="hidden units, layer by layer"
    )
    parser.add_argument("--activation", default="sigmoid", help="of the hidden layers (default: sigmoid)")
    parser.add_argument("--optimizer", default="adam", help="sgd, rmsprop or adam (the default)")
    parser.add_argument("--learning-rate", type=float, help="the optimizer's own default if not given")
    parser.add_argument("--samples", type=int, help="use only so many of the training images")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--picture", type=Path, default=Path("mnist.png"), help="where to save the picture")
    return parser.parse_args()


if __name__ == "__main__":
    mpl.use("Agg")  # the picture goes to a file; no window, no display needed
    main()
