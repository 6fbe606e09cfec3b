"""Compile and fit: ``fit`` is the only caller of ``keras.Model.fit``, each other module trains one kind of network."""
