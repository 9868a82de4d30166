"""Features of images, by a small self-supervised network or the user's VGG16, and distances between them."""

from models.features.distance import Features, embedding, perceptual_distance
from models.features.fingerprint import fingerprint
from models.features.network import FeatureNetwork, load_features
from models.features.vgg16 import Vgg16, load_vgg16

__all__ = [
    "FeatureNetwork",
    "Features",
    "Vgg16",
    "embedding",
    "fingerprint",
    "load_features",
    "load_vgg16",
    "perceptual_distance",
]
