"""What the VAE and the GAN share: the generator network, latent vectors, snapshots."""
