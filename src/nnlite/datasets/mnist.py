"""MNIST: 70,000 handwritten digits, the set on which the lectures train their first networks."""

from nnlite.datasets._idx import FOUR, Bytes, FourFiles, Pin, load

__all__ = ["load_data"]

_MIRRORS = (
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
)

# The content is pinned, not the .gz: the mirrors hold different .gz files with the same bytes inside.
_SHA256 = (
    "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
)

_SOURCE = FourFiles(
    title="MNIST",
    subfolders=("mnist",),
    mirrors=_MIRRORS,
    pins={name: Pin("content", digest) for name, digest in zip(FOUR, _SHA256, strict=True)},
)


def load_data(path: str = "mnist.npz") -> tuple[tuple[Bytes, Bytes], tuple[Bytes, Bytes]]:
    """Load the MNIST digits.

    The four files ``train-images-idx3-ubyte.gz``, ``train-labels-idx1-ubyte.gz``,
    ``t10k-images-idx3-ubyte.gz`` and ``t10k-labels-idx1-ubyte.gz`` are looked for, in this order,

    1. in the folder that the environment variable ``NNLITE_DATA_DIR`` names, or in its subfolder
       ``mnist``, gzipped or not. Files of your own are taken as they are if they are whole IDX files of
       28 by 28 images and labels from 0 to 9, so a subset of MNIST or a set in its likeness works too;
    2. in the cache (on Linux ``~/.cache/nnlite/mnist``);
    3. on two mirrors, from where they go to the cache. Cached and downloaded files must have the SHA-256
       of the real ones.

    Parameters
    ----------
    path : str, default 'mnist.npz'
        Ignored; Keras's function has it, and scripts written for Keras may pass it.

    Returns
    -------
    x_train : ndarray of uint8, (60000, 28, 28)
        Grey levels from 0 (paper) to 255 (ink).
    y_train : ndarray of uint8, (60000,)
        The digits from 0 to 9 that they show.
    x_test, y_test : ndarray of uint8, (10000, 28, 28) and (10000,)
        The same for the test set. The four come as ``(x_train, y_train), (x_test, y_test)``.

    Raises
    ------
    DataNotFoundError
        If the set is in none of these places. :func:`nnlite.datasets.digits` draws one without any file.
    DataFileError
        If a file is there but truncated, corrupted or not what its name says; the message names it.
        (`DataNotFoundError` is a kind of it.)

    References
    ----------
    Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, "Gradient-based learning applied to document
    recognition", Proceedings of the IEEE 86 (1998) 2278-2324. The set is offered under CC BY-SA 3.0.

    Examples
    --------
    >>> (x_train, y_train), (x_test, y_test) = load_data()  # doctest: +SKIP
    >>> x_train = x_train.reshape(60000, 784) / 255  # doctest: +SKIP
    """
    return load(_SOURCE)
