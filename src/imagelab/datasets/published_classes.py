"""Names of the classes of MNIST, Fashion-MNIST and CIFAR-10, in the order of their labels.

Sources: https://github.com/zalandoresearch/fashion-mnist#labels; the file ``batches.meta.txt`` in CIFAR-10's archive.
"""

DIGITS = tuple("0123456789")  # also of the stand-ins, which show digits whatever they stand for

FASHION_MNIST = (
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

CIFAR10 = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")

CLASS_NAMES = {"mnist": DIGITS, "fashion_mnist": FASHION_MNIST, "cifar10": CIFAR10}
"""By data set; for official files and copies of them."""
