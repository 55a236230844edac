"""What is done to data before training: scaling, and splitting off rows to validate and to test on.

What a scaler learns, the smallest and the largest number or the mean, it must learn from the training rows
alone. The other rows are then transformed in exactly the same way. Otherwise the test would know
something that it is to be tested for.
"""

from nnlite.preprocessing.scaling import MeanImage, MinMaxScaler, Scaler, StandardScaler, TargetScaler
from nnlite.preprocessing.splitting import kfold, train_test_split, train_valid_test_split

__all__ = [
    "MeanImage",
    "MinMaxScaler",
    "Scaler",
    "StandardScaler",
    "TargetScaler",
    "kfold",
    "train_test_split",
    "train_valid_test_split",
]
