import io
import os
import re
import subprocess
import sys

import numpy as np
import pytest

from nnlite import Input, Sequential
from nnlite._lib import progress as module
from nnlite._lib.progress import Progress, format_logs
from nnlite.layers import Dense
from nnlite.utils import set_random_seed

X, Y = np.random.default_rng(0).normal(size=(64, 4)), np.zeros(64)


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self):
        return True


@pytest.fixture
def model():
    set_random_seed(0)
    model = Sequential([Input((4,)), Dense(1, "sigmoid")])
    model.compile("adam", "mse", metrics=["accuracy"])
    return model


def test_silence(model, capsys):
    model.fit(X, Y, epochs=3, validation_split=0.5, verbose=0)
    model.evaluate(X, Y, verbose=0)
    model.predict(X, verbose=0)
    model.train_on_batch(X, Y)
    captured = capsys.readouterr()
    assert captured.out == captured.err == ""


def test_two_is_a_line_for_each_epoch(model, capsys):
    model.fit(X, Y, epochs=3, validation_split=0.5, verbose=2)
    captured = capsys.readouterr()
    lines = captured.out.splitlines()
    number = r"\d+\.\d{4}(e-\d+)?"
    for i, line in enumerate(lines):
        assert re.fullmatch(
            rf"Epoch {i + 1}/3: 1/1 - \S+ - \S+/step - accuracy: {number} - loss: {number}"
            rf" - val_accuracy: {number} - val_loss: {number}",
            line,
        )
    assert len(lines) == 3
    assert captured.err == ""


@pytest.mark.parametrize("verbose", [1, "auto", True])
def test_one_is_a_clean_line_for_each_epoch_where_the_output_is_a_pipe(model, capsys, verbose):
    model.fit(X, Y, epochs=3, verbose=verbose)
    captured = capsys.readouterr()
    assert "\r" not in captured.out
    assert "\x1b" not in captured.out
    assert captured.err == ""
    lines = captured.out.splitlines()
    assert len(lines) == 3
    for i, line in enumerate(lines):
        assert line.startswith(f"Epoch {i + 1}/3: 100%")
        assert "| 2/2 " in line
        assert re.search(r"/step - accuracy: \d\.\d{4} - loss: \d\.\d{4}$", line)
    numbers = re.findall(r"loss: (\S+)", captured.out)
    assert [float(n) for n in numbers] == pytest.approx(model.history.history["loss"], abs=1e-4)


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_a_real_pipe(encoding):
    code = (
        "import numpy as np, nnlite\nfrom nnlite.layers import Dense\n"
        "m = nnlite.Sequential([Dense(1)]); m.compile('sgd', 'mse')\n"
        "m.fit(np.ones((64, 2)), np.ones(64), epochs=2)\n"
        "m.evaluate(np.ones((64, 2)), np.ones(64)); m.predict(np.ones((64, 2)))\n"
    )
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": encoding},
        check=True,
        timeout=60,
    )
    assert run.stderr == b""
    assert b"\r\n" not in run.stdout or os.linesep == "\r\n"
    lines = run.stdout.decode(encoding).splitlines()
    assert len(lines) == 4
    assert lines[1].startswith("Epoch 2/2: 100%")
    assert "loss: " in lines[2]
    assert "Epoch" not in lines[2]


def test_the_bar_moves_on_a_terminal(model, monkeypatch):
    out = Terminal()
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(Progress, "INTERVAL", 0.0)
    model.fit(X, Y, batch_size=8, epochs=2, verbose=1)
    states = out.getvalue().split("\r")
    counts = [int(m[1]) for state in states if "Epoch 1/2" in state and (m := re.search(r"(\d+)/8 ", state))]
    assert counts == sorted(counts)
    assert {0, 3, 8} <= set(counts)
    assert any("Epoch 2/2" in state for state in states)
    assert out.getvalue().count("\n") == 2  # a line stays for each epoch
    assert re.search(r"8/8 .*accuracy: .* - loss: \d", states[-1])


def test_the_bar_is_not_drawn_at_every_step(model, monkeypatch):
    out = Terminal()
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(Progress, "INTERVAL", 1e9)
    model.fit(X, Y, batch_size=1, verbose=1)
    assert out.getvalue().count("\r") < 6


def test_an_interrupted_bar_is_closed(model, monkeypatch):
    out = Terminal()
    monkeypatch.setattr(sys, "stdout", out)
    bars, plain = [], Progress._draw
    monkeypatch.setattr(Progress, "INTERVAL", 0.0)
    monkeypatch.setattr(Progress, "_draw", lambda self, *a: (bars.append(self._bar), plain(self, *a))[1])
    step = iter([{"loss": 0.5}, None])
    model.train_step = lambda data: next(step) or 1 / 0
    with pytest.raises(ZeroDivisionError):
        model.fit(X, Y, verbose=1)
    assert bars[0].disable  # closed, and not only by the garbage collector
    assert out.getvalue().endswith("\n")


def test_on_a_pseudo_terminal():
    pty = pytest.importorskip("pty")
    code = (
        "import numpy as np, nnlite\nfrom nnlite.layers import Dense\n"
        "from nnlite._lib.progress import Progress\nProgress.INTERVAL = 0.0\n"
        "m = nnlite.Sequential([Dense(1)]); m.compile('sgd', 'mse')\n"
        "m.fit(np.ones((64, 2)), np.ones(64), batch_size=8, epochs=2)\n"
    )
    leader, follower = pty.openpty()
    child = subprocess.Popen([sys.executable, "-c", code], stdout=follower, stderr=follower)
    os.close(follower)
    chunks = []
    try:
        while chunk := os.read(leader, 65536):
            chunks.append(chunk)
    except OSError:  # how Linux says that the other end is closed
        pass
    finally:
        os.close(leader)
    assert child.wait(60) == 0
    assert b"".join(chunks).count(b"\r") > 10


def test_evaluate_and_predict_print_one_line(model, capsys):
    model.evaluate(X, Y, verbose=2)
    model.predict(X, verbose=2)
    model.evaluate(X, Y)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert "loss" in lines[0]
    assert "Epoch" not in "".join(lines)


def test_logs_are_printed_as_keras_prints_them():
    logs = {"accuracy": 0.97128, "loss": 0.00098, "mse": 0.001, "big": 12345.678, "zero": 0.0}
    assert format_logs(logs) == (
        "accuracy: 0.9713 - loss: 9.8000e-04 - mse: 1.0000e-03 - big: 12345.6780 - zero: 0.0000e+00"
    )


@pytest.mark.parametrize(
    ("seconds", "text"), [(3e-5, "30us"), (0.0012, "1ms"), (0.25, "250ms"), (2.0, "2s"), (75.0, "75s")]
)
def test_durations(seconds, text):
    assert module._duration(seconds) == text
