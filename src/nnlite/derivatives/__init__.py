"""Every numeric derivative that there is, on one differentiator."""

__all__: list[str] = []
