"""The table that ``model.summary()`` prints: layers, shapes, numbers of parameters."""

from collections.abc import Sequence
from typing import Any

__all__ = ["summary_table"]


def summary_table(model: Any, least_width: int = 0, *, show_trainable: bool = False) -> str:
    """Return the table as text.

    Parameters
    ----------
    model : Model
        The shapes of one that has not seen its input yet are shown as ``?``.
    least_width : int
        In characters.
    show_trainable : bool
        Whether a column says which layers learn.
    """
    rows = []
    calls = [symbol.call for symbol in model.inputs] + (model.network.calls if model.built else [])
    shapes = {id(call.layer): ", ".join(repr(symbol.shape) for symbol in call.outputs) for call in calls}
    for layer in model.layers:
        shape = shapes.get(id(layer), "?")
        count = f"{layer.count_params():,}" if layer.built else "0 (unbuilt)"
        cells = [f"{layer.name} ({type(layer).__name__})", shape, count]
        rows.append([*cells, "Y" if layer.trainable else "N"] if show_trainable else cells)
    heads = ["Layer (type)", "Output Shape", "Param #", "Trainable"][: 4 if show_trainable else 3]
    least = (29, 22, 13, 9)[: len(heads)]
    widths = [max(w, *(len(row[i]) for row in [heads, *rows])) for i, w in enumerate(least)]
    widths[0] += max(0, least_width - sum(widths) - 3 * len(widths) - 1)

    def line(cells: Sequence[str], left: str, middle: str, right: str) -> str:
        texts = [f" {cell:{'>' if i == 2 else '<'}{widths[i]}} " for i, cell in enumerate(cells)]
        return left + middle.join(texts) + right

    def rule(left: str, stroke: str, middle: str, right: str) -> str:
        return left + middle.join(stroke * (w + 2) for w in widths) + right

    counts = [
        (array.size, layer.trainable and name in layer.params, array.dtype.itemsize)
        for layer in model.leaves
        for name, array in layer.arrays.items()
    ]
    table = [
        f'Model: "{model.name}"',
        rule("┏", "━", "┳", "┓"),
        line(heads, "┃", "┃", "┃"),
        rule("┡", "━", "╇", "┩"),
    ]
    table += [line(row, "│", "│", "│") for row in rows]
    table += [rule("└", "─", "┴", "┘")]
    for title, wanted in (("Total", (True, False)), ("Trainable", (True,)), ("Non-trainable", (False,))):
        number = sum(n for n, trainable, _ in counts if trainable in wanted)
        memory = sum(n * size for n, trainable, size in counts if trainable in wanted)
        table.append(f" {title} params: {number:,} ({_memory(memory)})")
    return "\n".join(table)


def _memory(size: float) -> str:
    """Return ``"310.59 KB"``; 1 KB is 1024 bytes here, as in Keras's tables."""
    for unit in ("B", "KB", "MB"):
        if size < 1024:
            return f"{size:.2f} {unit}"
        size /= 1024
    return f"{size:.2f} GB"
