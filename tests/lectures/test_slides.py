"""The code of the slides, typed as it stands there; the imports are the real ones, by nnlite.compat."""

import contextlib
import io
import sys

import numpy as np
import pytest

from nnlite import compat
from nnlite.datasets import digits, disc
from nnlite.utils import set_random_seed


@pytest.fixture(autouse=True)
def imports(monkeypatch):
    """Let import lines of TensorFlow and Keras give nnlite."""
    for name in list(sys.modules):
        if compat._own_name(name) is not None:
            monkeypatch.delitem(sys.modules, name)
    with contextlib.redirect_stdout(io.StringIO()):
        compat.install(replace=True)
    yield
    compat.uninstall()


def run(code, **names):
    """Run a slide and return its names and what it printed."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(code, names)
    return names, printed.getvalue()


# --- Rangan -------------------------------------------------------------------------------------------

SYNTHETIC = """
import keras
from keras.models import Model, Sequential
from keras.layers import Dense, Activation
import keras.backend as K
K.clear_session()
nin = 2
nh = 4
nout = 1
model = Sequential()
model.add(Dense(nh, input_shape=(nin,), activation='sigmoid', name='hidden'))
model.add(Dense(1, activation='sigmoid', name='output'))
from keras import optimizers
opt = optimizers.Adam(lr=0.01, beta_1=0.9, beta_2=0.999, epsilon=1e-08)
model.compile(optimizer=opt, loss='binary_crossentropy', metrics=['accuracy'])
model.fit(X, y, epochs=10, batch_size=100)
nit = 2
nepoch_per_it = 50
loss = np.zeros(nit)
acc = np.zeros(nit)
epoch_it = np.zeros(nit)
for it in range(nit):
    init_epoch = it*nepoch_per_it
    model.fit(X, y, epochs=nepoch_per_it, batch_size=100, verbose=0)
    lossi, acci = model.evaluate(X, y, verbose=0)
    epochi = (it+1)*nepoch_per_it
    epoch_it[it] = epochi
    loss[it] = lossi
    acc[it] = acci
    print("epoch=%4d loss=%12.4e acc=%7.5f" % (epochi, lossi, acci))
layer_hid = model.get_layer('hidden')
model1 = Model(inputs=model.input, outputs=layer_hid.output)
zhid_plot = model1.predict(X)
"""


def test_the_synthetic_data():
    X, y = disc(rng=np.random.RandomState(4))
    set_random_seed(4)
    names, printed = run(SYNTHETIC, X=X, y=y, np=np)
    model = names["model"]
    assert model.count_params() == 17
    assert model.optimizer.iterations == (10 + 100) * 4
    assert names["loss"][1] < names["loss"][0] < 0.7
    assert "Epoch 10/10" in printed
    assert [line[:10] for line in printed.splitlines() if line.startswith("epoch=")] == [
        "epoch=  50",
        "epoch= 100",
    ]
    Wh, bh = model.get_layer("hidden").get_weights()
    np.testing.assert_allclose(names["zhid_plot"], 1 / (1 + np.exp(-(X @ Wh + bh))), rtol=1e-4)


RANGAN_MNIST = """
import keras
from keras.models import Sequential
from keras.layers import Dense, Activation
from keras import optimizers
import keras.backend as K
K.clear_session()
nin = Xtr.shape[1]
nh = 100
nout = int(np.max(ytr)+1)
model = Sequential()
model.add(Dense(nh, input_shape=(nin,), activation='sigmoid', name='hidden'))
model.add(Dense(nout, activation='softmax', name='output'))
model.summary()
opt = optimizers.Adam(lr=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-08)
model.compile(optimizer=opt, loss='sparse_categorical_crossentropy', metrics=['accuracy'])
hist = model.fit(Xtr, ytr, epochs=2, batch_size=100, validation_data=(Xts, yts))
tr_accuracy = hist.history['accuracy']
val_accuracy = hist.history['val_accuracy']
"""


def small_digits():
    (x, y), (x_test, y_test) = digits(400, 100)
    return x.reshape(-1, 784) / 255.0, y, x_test.reshape(-1, 784) / 255.0, y_test


def test_rangans_mnist():
    Xtr, ytr, Xts, yts = small_digits()
    names, printed = run(RANGAN_MNIST, Xtr=Xtr, ytr=ytr, Xts=Xts, yts=yts, np=np)
    assert "79,510" in printed
    assert "78,500" in printed
    assert len(names["val_accuracy"]) == 2
    assert names["tr_accuracy"][1] > names["tr_accuracy"][0]


REGRESSION = """
from keras.models import Sequential
from keras.layers import Dense
import keras.backend as K
K.clear_session()
model = Sequential()
model.add(Dense(4, input_shape=(1,), activation='sigmoid', name='hidden'))
model.add(Dense(1, name='output'))
model.compile(optimizer='adam', loss='mean_squared_error', metrics=['mean_squared_error'])
hist = model.fit(x, y, epochs=5, batch_size=10, verbose=0)
yhat = model.predict(x)
"""


def test_the_regression_in_class():
    x = np.random.default_rng(0).uniform(size=(100, 1))
    names, _ = run(REGRESSION, x=x, y=np.sin(2 * np.pi * x))
    history = names["hist"].history
    assert history["loss"] == pytest.approx(history["mean_squared_error"], rel=1e-5)
    assert names["yhat"].shape == (100, 1)


# --- Mattie -------------------------------------------------------------------------------------------

MATTIE = """
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers
from tensorflow.keras import models
from tensorflow.keras.utils import to_categorical
train_images = train_images.reshape((len(train_images), 28 * 28))
train_images = train_images.astype('float32') / 255
test_images = test_images.reshape((len(test_images), 28 * 28))
test_images = test_images.astype('float32') / 255
train_labels = to_categorical(train_labels)
test_labels = to_categorical(test_labels)
network = models.Sequential()
network.add(layers.Dense(512, activation='relu', input_shape=(28 * 28,)))
network.add(layers.Dense(10, activation='softmax'))
network.compile(optimizer='rmsprop', loss='categorical_crossentropy', metrics=['accuracy'])
network.fit(train_images, train_labels, epochs=2, batch_size=128)
test_loss, test_acc = network.evaluate(test_images, test_labels)
"""


def test_matties_mnist():
    (x, y), (x_test, y_test) = digits(400, 100)
    names, printed = run(MATTIE, train_images=x, train_labels=y, test_images=x_test, test_labels=y_test)
    assert names["network"].count_params() == 407_050
    assert "Epoch 2/2" in printed
    assert np.isfinite(names["test_loss"])
    assert names["test_acc"] > 0.2


TEMPLATE = """
from tensorflow import keras
from tensorflow.keras import layers
(x_train, y_train), (x_test, y_test) = load_data()
model = keras.Sequential([layers.Dense(c, activation='relu'),
                          layers.Dense(d, activation='softmax')])
model.compile(optimizer='adam', loss='categorical_crossentropy', metrics=['accuracy'])
model.fit(x_train, y_train, epochs=e, batch_size=b)
"""


def test_the_template():
    x, y, x_test, y_test = small_digits()
    pair = (x, np.eye(10)[y]), (x_test, np.eye(10)[y_test])
    names, _ = run(TEMPLATE, load_data=lambda: pair, c=16, d=10, e=2, b=50)
    assert names["model"].optimizer.iterations == 2 * 8


# --- Singer -------------------------------------------------------------------------------------------

SINGER = """
import numpy as np
def rand_matrix(m, n):
    return np.random.randn(m, n) / np.sqrt(m)
def MLP(dims):
    As, Bs = [], []
    for i in range(len(dims)-1):
        As.append(rand_matrix(dims[i], dims[i+1]))
        Bs.append(rand_matrix(1, dims[i+1]))
    return (As, Bs)
def predict(net, X, act):
    As, Bs = net
    H = X
    for cd in range(len(As)):
        H = act(H @ As[cd] + Bs[cd])
    return H
dims = [5, 3, 3, 2]
net = MLP(dims)
X = rand_matrix(dims[0], 10).transpose()
O = predict(net, X, np.tanh)
"""


def test_singers_network():
    from nnlite import Sequential
    from nnlite.layers import Dense

    names, _ = run(SINGER)
    model = Sequential([Dense(n, "tanh", dtype="float64") for n in (3, 3, 2)])
    model.build((None, 5))
    model.set_weights([array for A, B in zip(*names["net"], strict=True) for array in (A, B[0])])
    np.testing.assert_allclose(model.predict(names["X"], verbose=0), names["O"], rtol=1e-12)


# --- Chapter 4: PyTorch -------------------------------------------------------------------------------

HOUSES = """
from torch import nn
class NeuralNetwork(nn.Module):
    def __init__(self, no_features, no_hidden, no_labels):
        super().__init__()
        self.relu_stack = nn.Sequential(
            nn.Linear(no_features, no_hidden),
            nn.ReLU(),
            nn.Linear(no_hidden, no_labels)
        )
    def forward(self, x):
        logits = self.relu_stack(x)
        return logits
network = NeuralNetwork(8, 10, 1)
"""
IMAGES = """
from torch import nn
class NeuralNetwork(nn.Module):
    def __init__(self):
        super().__init__()
        self.flatten = nn.Flatten()
        self.linear_relu_stack = nn.Sequential(
            nn.Linear(28*28, 512),
            nn.ReLU(),
            nn.Linear(512, 512),
            nn.ReLU(),
            nn.Linear(512, 10),
            nn.Softmax(dim=1)
        )
    def forward(self, x):
        x = self.flatten(x)
        logits = self.linear_relu_stack(x)
        return logits
network = NeuralNetwork()
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("code", "widths", "last", "shape"),
    [(HOUSES, (10,), None, (8,)), (IMAGES, (512, 512), "softmax", (28, 28))],
)
def test_pytorch(code, widths, last, shape):
    torch = pytest.importorskip("torch", exc_type=ImportError)
    from nnlite import Sequential
    from nnlite.layers import Dense, Flatten

    torch.manual_seed(0)
    network = run(code)[0]["network"]
    model = Sequential(
        [Flatten(input_shape=shape), *[Dense(n, "relu") for n in widths], Dense(10 if last else 1, last)]
    )
    model.set_weights([p.detach().numpy().T for p in network.parameters()])
    x = np.random.default_rng(0).uniform(size=(6, *shape)).astype("float32")
    p = network(torch.from_numpy(x)).detach().numpy()
    np.testing.assert_allclose(model.predict(x, verbose=0), p, rtol=1e-4, atol=1e-6)
