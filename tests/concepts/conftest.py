import pytest
import torch


@pytest.fixture
def numbers():
    """Makes normal numbers in float64 of a given shape, the same ones in every test."""
    generator = torch.Generator().manual_seed(7)

    def draw(*shape):
        return torch.randn(shape, generator=generator, dtype=torch.float64)

    return draw
