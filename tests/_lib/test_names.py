import pytest

from nnlite import layers, losses, metrics, optim
from nnlite._lib.names import snake_case
from nnlite.config import clear_session

KERAS = {  # as Keras 3 calls them
    "Dense": "dense",
    "ReLU": "re_lu",
    "ReLU6": "re_lu6",
    "LeakyReLU": "leaky_re_lu",
    "PReLU": "p_re_lu",
    "ELU": "elu",
    "BatchNormalization": "batch_normalization",
    "GaussianNoise": "gaussian_noise",
    "MeanSquaredError": "mean_squared_error",
    "KLDivergence": "kl_divergence",
    "F1Score": "f1_score",
    "AUC": "auc",
    "MeanIoU": "mean_io_u",
    "SGD": "sgd",
    "AdamW": "adam_w",
    "RMSprop": "rm_sprop",
    "Layer2D": "layer2d",
    "_Own": "__own",
    "With.Points": "with_points",
}


@pytest.mark.parametrize(("name", "wanted"), KERAS.items())
def test_names_of_classes(name, wanted):
    assert snake_case(name) == wanted


def test_layers_losses_metrics_and_optimizers_are_called_by_it():
    clear_session()
    assert layers.LeakyReLU().name == "leaky_re_lu"
    assert losses.KLDivergence().name == "kl_divergence"
    assert metrics.F1Score().name == "f1_score"
    assert optim.AdamW().name == "adam_w"
    assert losses.Huber().name == "huber_loss"  # which the class says


def test_keras_makes_the_same_names(keras32):
    from keras.src.utils import naming

    assert [naming.to_snake_case(name) for name in KERAS] == list(KERAS.values())
