"""The variational autoencoders."""
