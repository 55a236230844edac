import csv

import numpy as np
import pytest

from nnlite import Sequential
from nnlite.callbacks import CSVLogger
from nnlite.layers import Dense


def text(path):
    with open(path, newline="") as file:
        return file.read()


def test_a_row_for_each_epoch(fakes, tmp_path):
    path = tmp_path / "log.csv"
    fakes.play(CSVLogger(path), [{"val_loss": 0.25, "loss": 0.5}, {"val_loss": 0.125, "loss": 0.3}])
    assert text(path) == "epoch,loss,val_loss\r\n0,0.5,0.25\r\n1,0.3,0.125\r\n"


def test_what_is_missing_is_not_available(fakes, tmp_path):
    path = str(tmp_path / "log.csv")
    fakes.play(CSVLogger(path, separator=";"), [{"loss": 1.0, "a": 2.0}, {"loss": 0.5, "val_loss": 3.0}])
    assert text(path) == "epoch;a;loss;val_a;val_loss\r\n0;2.0;1.0;NA;NA\r\n1;NA;0.5;NA;3.0\r\n"


def test_several_numbers_are_one_cell(fakes, tmp_path):
    path = tmp_path / "log.csv"
    logs = {"f1": np.array([0.5, 0.25]), "loss": np.array(1.5), "name": "x", "val_loss": [1, 2]}
    fakes.play(CSVLogger(path), [logs])
    with open(path, newline="") as file:
        assert list(csv.reader(file))[1] == ["0", '"[0.5, 0.25]"', "1.5", "x", '"[1, 2]"']


def test_the_file_is_whole_after_every_epoch(tmp_path):
    path = tmp_path / "deep" / "log.csv"  # folders are made
    logger = CSVLogger(path)
    logger.on_train_begin()
    assert text(path) == ""
    logger.on_epoch_end(0, {"loss": 1.0, "val_loss": 2.0})
    assert text(path) == "epoch,loss,val_loss\r\n0,1.0,2.0\r\n"
    logger.on_epoch_end(1)
    assert text(path).endswith("1,NA,NA\r\n")


def test_a_new_training_begins_the_file_anew_or_goes_on_with_it(fakes, tmp_path):
    path = tmp_path / "log.csv"
    first = [{"loss": 1.0, "val_loss": 2.0}]
    for _ in range(2):
        logger = CSVLogger(path)
        fakes.play(logger, first)
        fakes.play(logger, first)
    assert text(path) == "epoch,loss,val_loss\r\n0,1.0,2.0\r\n"
    # other logs under the same columns
    fakes.play(CSVLogger(path, append=True), [{"loss": 0.5, "accuracy": 0.75}])
    assert text(path) == "epoch,loss,val_loss\r\n0,1.0,2.0\r\n0,0.5,NA\r\n"


def test_appending_to_nothing_writes_the_heading(fakes, tmp_path):
    path = tmp_path / "log.csv"
    fakes.play(CSVLogger(path, append=True), [{"loss": 1.0, "val_loss": 2.0}])
    assert text(path).startswith("epoch,loss,val_loss\r\n")


def test_a_file_that_cannot_be_written_is_refused_before_training(tmp_path):
    with pytest.raises(IsADirectoryError):
        CSVLogger(tmp_path).on_train_begin()


@pytest.mark.parametrize("append", [False, True])
def test_the_file_is_that_of_keras(fakes, keras32, tmp_path, append):
    trainings = [
        [{"loss": 0.1, "accuracy": 0.5, "val_loss": 1.0, "val_accuracy": 1 / 3}, {"loss": 0.2}],
        [{"accuracy": np.float64(0.5), "loss": 2.0, "val_loss": np.array([1.0, 2.0]), "val_accuracy": "a,b"}],
    ]
    written = []
    for module in ("nnlite", keras32):
        path = tmp_path / f"{len(written)}.csv"
        logger = (CSVLogger if module == "nnlite" else keras32.callbacks.CSVLogger)(str(path), append=append)
        for logs in trainings:
            fakes.play(logger, logs)
        written.append(text(path))
    assert written[0] == written[1]


def test_the_history_of_a_real_training(tmp_path):
    X = np.random.RandomState(0).normal(size=(20, 2))
    model = Sequential([Dense(1, input_shape=(2,))])
    model.compile("sgd", "mse")
    path = tmp_path / "log.csv"
    fit = {"epochs": 3, "validation_split": 0.25, "callbacks": [CSVLogger(path)], "verbose": 0}
    history = model.fit(X, X[:, 0], **fit).history
    with open(path, newline="") as file:
        heading, *rows = csv.reader(file)
    assert heading == ["epoch", *history]
    assert [[float(cell) for cell in row[1:]] for row in rows] == np.transpose([*history.values()]).tolist()
    assert repr(CSVLogger("log.csv", append=True)) == "CSVLogger(filename='log.csv', append=True)"
