"""What the VAE and the GAN share: the network that draws, latent vectors, snapshots."""
