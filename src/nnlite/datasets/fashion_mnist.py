"""Fashion-MNIST: 70,000 pictures of clothes in MNIST's format, and harder to tell apart than digits."""

from nnlite.datasets._idx import FOUR, Bytes, FourFiles, Pin, load

__all__ = ["CLASS_NAMES", "load_data"]

CLASS_NAMES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
"""What the labels 0 to 9 stand for."""

_MIRRORS = (
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
)

# The .gz is pinned: both mirrors hold the authors' files, and these are the published hashes. It also makes
# up for the first mirror, the authors' own, not offering HTTPS.
_SHA256 = (
    "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
    "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
    "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
    "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
)

_SOURCE = FourFiles(
    title="Fashion-MNIST",
    subfolders=("fashion_mnist", "fashion-mnist"),
    mirrors=_MIRRORS,
    pins={name: Pin("file", digest) for name, digest in zip(FOUR, _SHA256, strict=True)},
)


def load_data() -> tuple[tuple[Bytes, Bytes], tuple[Bytes, Bytes]]:
    """Load the pictures of Fashion-MNIST.

    The four files have MNIST's names and are looked for in the same places (see
    :func:`nnlite.datasets.mnist.load_data`): below ``NNLITE_DATA_DIR``, where the subfolder may be called
    ``fashion_mnist`` or ``fashion-mnist``, then in the cache, then on two mirrors.

    Returns
    -------
    x_train : ndarray of uint8, (60000, 28, 28)
        Grey levels from 0 (background) to 255.
    y_train : ndarray of uint8, (60000,)
        The classes from 0 to 9; `CLASS_NAMES` says what they are.
    x_test, y_test : ndarray of uint8, (10000, 28, 28) and (10000,)
        The same for the test set. The four come as ``(x_train, y_train), (x_test, y_test)``.

    Raises
    ------
    DataNotFoundError
        If the set is in none of these places.
    DataFileError
        If a file is there but truncated, corrupted or not what its name says; the message names it.
        MNIST's own files are recognised and refused here.

    References
    ----------
    H. Xiao, K. Rasul and R. Vollgraf, "Fashion-MNIST: a novel image dataset for benchmarking machine
    learning algorithms", arXiv:1708.07747 (2017). The set is offered under the MIT licence.

    Examples
    --------
    >>> (x_train, y_train), (x_test, y_test) = load_data()  # doctest: +SKIP
    >>> CLASS_NAMES[9]
    'Ankle boot'
    """
    return load(_SOURCE)
