"""The limit of detection per tumour cell is the one per genome in other units."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrasite.config.calling import Calling
from integrasite.model.library import Library
from integrasite.transgene.judge_copies import per_tumour_cell
from integrasite.transgene.limits import required_copies


@given(st.floats(min_value=0.01, max_value=1), st.floats(min_value=1, max_value=6))
def test_what_a_negative_must_see_is_half_a_copy_per_tumour_cell(purity: float, ploidy: float):
    calling = Calling()
    required = required_copies(purity, ploidy, calling, 9.0)
    library = Library("T", "P", "P", assay="wgs", purity=purity, ploidy=ploidy)
    assert per_tumour_cell(required, library) == pytest.approx(calling.required_copies_per_cell, rel=1e-5)


@pytest.mark.parametrize("purity", [None, 0.0])
def test_without_purity_there_is_none(purity: float | None):
    assert per_tumour_cell(0.1, Library("T", "P", "P", assay="wgs", purity=purity)) is None
