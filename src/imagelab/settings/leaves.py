"""Settings of task 3: the leaves, their classifier, the generators, the samples."""

from typing import Annotated, Literal, get_args

from pydantic import Field

from imagelab.settings.section import (
    BelowOne,
    Fraction,
    NonNegativeFloat,
    PositiveFloat,
    PositiveInt,
    Section,
)

VaeSize = Literal["small", "medium", "large"]  # latent dimension
Generator = Literal["vae_small", "vae_medium", "vae_large", "gan"]
VAES = tuple(f"vae_{size}" for size in get_args(VaeSize))


class PrepareLeaves(Section):
    """The report's preprocessing of the leaves."""

    image_size: Annotated[int, Field(ge=8, multiple_of=8)]  # pixels, square; the source's size must be a multiple
    most_classes_per_crop: PositiveInt
    most_images_per_class: PositiveInt
    reduction: Literal["slice", "area"]  # every n-th pixel, as the report; or means
    other_sizes: Literal["refuse", "resize"]  # what to do with pictures whose size is not a multiple of image_size
    most_unreadable_images: Annotated[int, Field(ge=0)]  # these are left out; one more stops the stage
    # So many successive numbers of photographs are on one side of the split; null: each leaf by itself.
    camera_numbers_together: Annotated[int, Field(ge=2)] | None
    # Of the groups of each class, leaves or blocks of camera numbers; no network is trained on them, and evaluation
    # compares with them.
    held_out_fraction: Fraction


class LeafClassifier(Section):
    """The classifier of real leaves, in whose feature space generated ones are measured."""

    filters: tuple[PositiveInt, PositiveInt, PositiveInt]  # of the three convolutions
    features: Annotated[int, Field(ge=2)]  # a single feature has no covariance matrix
    epochs: PositiveInt
    batch_size: PositiveInt
    learning_rate: PositiveFloat


class GeneratorTraining(Section):
    """Settings that the trainings of all generators share."""

    epochs: PositiveInt
    # Epochs after which pictures are drawn to show the progress. They are always drawn after the last one, too.
    snapshot_epochs: tuple[PositiveInt, ...]
    batch_size: PositiveInt


class LatentDimensions(Section):
    """Lengths of the latent vectors of the three autoencoders."""

    small: PositiveInt
    medium: PositiveInt
    large: PositiveInt


class Vae(GeneratorTraining):
    """The variational autoencoders, which differ in their latent dimensions."""

    latent_dimensions: LatentDimensions
    code: Literal["vector", "grid"]  # vector: the report's; grid: keeps positions in the picture
    filters: PositiveInt
    learning_rate: PositiveFloat
    reconstruction_reduction: Literal["sum", "mean"]  # of the errors over pixels and channels
    decay: Literal["none", "cosine"]  # of the learning rate, down to 0 in the last step
    kl_weight: NonNegativeFloat
    edge_weight: NonNegativeFloat  # of errors in differences between neighbouring pixels
    prior: Literal["normal", "classes"]  # of latent vectors: standard normal, or fitted to each class


class Gan(GeneratorTraining):
    """The generative adversarial network."""

    latent_dimension: PositiveInt
    filters: PositiveInt
    learning_rate: PositiveFloat
    discriminator_learning_rate: PositiveFloat | None  # null: the same
    beta_1: BelowOne  # Adam's decay of the first moment
    batch_normalization: bool  # in the generator
    class_conditioning: bool  # both networks get the class as an input
    augmentation: bool  # of the discriminator's inputs
    averaging: BelowOne  # decay of the moving average of the generator's weights, which then draws; 0: none


class Sample(Section):
    """What the trained generators draw."""

    images: Annotated[int, Field(ge=16)]  # at most as many as are held out are compared; the first ones are shown
    snapshot_images: Annotated[int, Field(ge=16)]  # at each snapshot epoch, the first ones of ``images``
    interpolation_steps: Annotated[int, Field(ge=2)]
    interpolation: Literal["linear", "spherical"]  # between two latent vectors; the report's is linear
    on_collapse: Literal["fail", "mark"]  # of a generator: stop the stage, or warn and mark it in its metrics
