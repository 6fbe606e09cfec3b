"""The instruments of other tests."""

import pickle
import socket

import pytest

from imagelab.settings import params
from imagelab.training import checkpoint
from tests.conftest import REPOSITORY
from tests.pipeline.recording import network_refused, recorded_reads


def test_a_setting_that_is_read_is_recorded_however_it_is_read() -> None:
    with recorded_reads() as reads:
        settings = params.load(REPOSITORY / "params.yaml")
        assert reads == set()
        assert settings.seed == 1
        assert settings.gan.filters > 0
        assert settings.clock.multi_head.epochs > 0
        assert settings.search.mlp.variants["two_hidden"].hidden
        checkpoint.settings_of(settings, ["vae"])
        assert reads == {"seed", "gan.filters", "clock.multi_head.epochs", "search.mlp.variants.two_hidden.hidden"}
        inner = checkpoint.settings_of(settings, ["clock.epochs", "clock.cyclic", "gan"])
        assert set(inner) == {"seed", "precision", "threads", "clock", "gan"}
        assert set(inner["clock"]) == {"epochs", "cyclic"}
        assert set(inner["gan"]) == set(type(settings.gan).model_fields)
        reads.clear()
        settings.demo.model_dump()
        dict(settings.prepare)
        pickle.dumps(settings.keras_example)
        assert reads == {
            *("demo.test_digits", "demo.leaves_per_class"),
            *("prepare.validation_fraction", "prepare.most_training_images"),
            *("keras_example.batch_size", "keras_example.mlp.epochs", "keras_example.cnn.epochs"),
        }
    reads.clear()
    assert settings.seed == 1
    assert reads == set()


def test_every_way_to_the_network_is_a_failure() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as datagrams, network_refused():
        with pytest.raises(AssertionError, match="a connection"):
            socket.create_connection(("127.0.0.1", 9))
        with pytest.raises(AssertionError, match="a connection"):
            datagrams.connect(("127.0.0.1", 9))
        with pytest.raises(AssertionError, match="a connection"):
            datagrams.sendto(b"", ("127.0.0.1", 9))
