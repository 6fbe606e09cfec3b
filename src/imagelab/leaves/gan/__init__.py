"""The generative adversarial network (GAN)."""
