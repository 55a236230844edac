"""How objects are called that were given no name: the class's name in small letters."""

import re

__all__ = ["snake_case"]


def snake_case(name: str) -> str:
    """Return a class's name in small letters, with underscores where Keras sets them.

    Layers, losses, metrics and optimizers are called so, and the groups of Keras's weight files. Where Keras
    has another name, the class has it as the default of its argument: ``Huber`` is ``huber_loss``.

    Examples
    --------
    >>> snake_case("LayerNormalization"), snake_case("ReLU"), snake_case("KLDivergence"), snake_case("AdamW")
    ('layer_normalization', 're_lu', 'kl_divergence', 'adam_w')
    """
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", re.sub(r"\W+", "", name))
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()
