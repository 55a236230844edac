import numpy as np

from nnlite import Input, Sequential
from nnlite.layers import Dense, Dropout
from nnlite.models.summary import summary_table

LECTURE = """Model: "lecture"
┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━┓
┃ Layer (type)                  ┃ Output Shape           ┃       Param # ┃
┡━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━┩
│ hidden (Dense)                │ (None, 100)            │        78,500 │
│ output (Dense)                │ (None, 10)             │         1,010 │
└───────────────────────────────┴────────────────────────┴───────────────┘
 Total params: 79,510 (310.59 KB)
 Trainable params: 79,510 (310.59 KB)
 Non-trainable params: 0 (0.00 B)"""


def make():
    return Sequential(
        [Input((784,)), Dense(100, "sigmoid", name="hidden"), Dense(10, "softmax", name="output")],
        name="lecture",
    )


def test_the_lecture_network(capsys):
    make().summary()
    assert capsys.readouterr().out == LECTURE + "\n"


def test_print_fn_gets_the_table(capsys):
    lines = []
    make().summary(print_fn=lines.append)
    assert lines == [LECTURE]
    assert capsys.readouterr().out == ""


def test_frozen_layers_and_training_do_not_change_the_total():
    model = make()
    model.layers[0].trainable = False
    model.compile("adam", "mse")
    model.fit(np.zeros((2, 784)), np.zeros((2, 10)), verbose=0)
    table = summary_table(model)
    assert " Total params: 79,510 (310.59 KB)" in table
    assert " Trainable params: 1,010 (3.95 KB)" in table
    assert " Non-trainable params: 78,500 (306.64 KB)" in table


def test_unbuilt():
    model = Sequential([Dense(3, name="first"), Dropout(0.5, name="off")], name="open")
    lines = []
    model.summary(print_fn=lines.append)
    rows = [line.split("│")[1:4] for line in lines[0].splitlines() if line.startswith("│")]
    assert [[cell.strip() for cell in row] for row in rows] == [
        ["first (Dense)", "?", "0 (unbuilt)"],
        ["off (Dropout)", "?", "0 (unbuilt)"],
    ]


def test_long_names_widen_the_table_and_every_line_is_as_long():
    model = Sequential([Input((4,)), Dense(3, name="a" * 60)])
    lines = []
    model.summary(print_fn=lines.append)
    assert "a" * 60 + " (Dense)" in lines[0]
    assert len({len(line) for line in lines[0].splitlines() if line[0] in "┏┃┡│└"}) == 1


def test_sizes():
    model = Sequential([Input((1024,)), Dense(1024, use_bias=False, dtype="float64")])
    lines = []
    model.summary(print_fn=lines.append)
    assert " Total params: 1,048,576 (8.00 MB)" in lines[0]
