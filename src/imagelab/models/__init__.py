"""Pure builders: settings in, uncompiled ``keras.Model`` out; one family a file."""
