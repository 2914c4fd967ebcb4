"""The garbage collector is paused while a plan is made, and back afterwards whatever happens."""

import gc

import pytest

from solver.collector import collector_paused


def test_it_is_back_when_the_last_one_is_done() -> None:
    """Two plans may be made at once."""
    assert gc.isenabled()
    with collector_paused():
        with collector_paused():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()


def test_it_is_back_after_an_error() -> None:
    """A bug in a plan must not cost the process its memory."""
    with pytest.raises(ValueError, match="no"), collector_paused():
        raise ValueError("no")
    assert gc.isenabled()


def test_who_has_switched_it_off_finds_it_off() -> None:
    """It is theirs to switch on again."""
    gc.disable()
    try:
        with collector_paused():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
