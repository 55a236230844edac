"""The table that ``model.summary()`` prints: layers, shapes, numbers of parameters."""

from collections.abc import Sequence
from typing import Any

from nnlite.tensor import Shape

__all__ = ["summary_table"]


def summary_table(name: str, layers: Sequence[Any], input_shape: Shape | None) -> str:
    """Return the table as text.

    Parameters
    ----------
    name : str
        The model's.
    layers : sequence of Layer
        Bottom to top.
    input_shape : Shape or None
        Of a batch; ``None`` for a model that has not seen its input yet, whose shapes are shown as ``?``.
    """
    rows = []
    shape = input_shape
    for layer in layers:
        shape = None if shape is None else layer.compute_output_shape(shape)
        count = f"{layer.count_params():,}" if layer.built else "0 (unbuilt)"
        rows.append((f"{layer.name} ({type(layer).__name__})", "?" if shape is None else str(shape), count))
    heads = ("Layer (type)", "Output Shape", "Param #")
    least = (29, 22, 13)
    widths = [max(w, *(len(row[i]) for row in [heads, *rows])) for i, w in enumerate(least)]

    def line(cells: Sequence[str], left: str, middle: str, right: str) -> str:
        texts = [f" {cell:{'>' if i == 2 else '<'}{widths[i]}} " for i, cell in enumerate(cells)]
        return left + middle.join(texts) + right

    def rule(left: str, stroke: str, middle: str, right: str) -> str:
        return left + middle.join(stroke * (w + 2) for w in widths) + right

    counts = [(layer.count_params(), layer.trainable, layer.dtype.itemsize) for layer in layers]
    table = [
        f'Model: "{name}"',
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
