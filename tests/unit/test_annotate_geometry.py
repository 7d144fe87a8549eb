"""Whether a site lies as a published event did."""

import pandas as pd
import pytest

from integrasite.annotate.geometry import GeneShape, SitePoint, TranscriptShape, geometry
from integrasite.annotate.known_events import (
    BUNDLED,
    EVENT_CLASSES,
    KnownEvent,
    event_level,
    leading_events,
    parse_known_events,
)
from integrasite.errors import DataError
from integrasite.io.annotation_tables import read_resource

FORWARD = GeneShape(
    100_000,
    400_000,
    True,
    (
        TranscriptShape(
            100_000, 400_000, ((100_000, 100_200), (200_000, 200_300), (399_000, 400_000)), (200_100, 399_500)
        ),
    ),
)
SIZE = 500_000
MIRRORED = GeneShape(
    SIZE - 400_000,
    SIZE - 100_000,
    False,
    (
        TranscriptShape(
            100_000,
            400_000,
            ((100_000, 101_000), (299_700, 300_000), (399_800, 400_000)),
            (100_500, 299_900),
        ),
    ),
)
CASES = [
    ("activation", 90_000, True, "fits"),  # upstream, near
    ("activation", 20_000, False, "fits"),  # upstream, far: either strand
    ("activation", 140_000, False, "fits"),  # within 50 kb of the start
    ("activation", 190_000, True, "fits"),  # beyond 50 kb, but in the first intron
    ("activation", 250_000, True, "does_not_fit"),  # second intron
    ("activation_sense_upstream", 150_000, True, "fits"),  # in the gene, before its coding part
    ("activation_sense_upstream", 150_000, False, "does_not_fit"),
    ("activation_sense_upstream", 250_000, True, "does_not_fit"),  # past the coding start
    ("truncation_sense_intronic", 250_000, True, "fits"),
    ("truncation_sense_intronic", 250_000, False, "does_not_fit"),  # antisense
    ("truncation_sense_intronic", 200_100, True, "does_not_fit"),  # in an exon
    ("truncation_sense_intronic", 90_000, True, "does_not_fit"),  # outside
    ("lof", 399_999, False, "fits"),
    ("lof", 400_000, False, "does_not_fit"),
    ("unknown", 250_000, True, "unknown"),
    ("passenger", 250_000, True, "unknown"),
]


@pytest.mark.parametrize(("mode", "position", "is_forward", "expected"), CASES)
def test_modes(mode, position, is_forward, expected):
    assert geometry(mode, SitePoint(position, is_forward), FORWARD) == expected


@pytest.mark.parametrize(("mode", "position", "is_forward", "expected"), CASES)
def test_modes_are_the_same_on_the_other_strand(mode, position, is_forward, expected):
    assert geometry(mode, SitePoint(SIZE - 1 - position, not is_forward), MIRRORED) == expected


def test_without_introns_a_truncation_cannot_be_judged():
    assert geometry("truncation_sense_intronic", SitePoint(5, True), GeneShape(0, 10, True)) == "unknown"
    assert geometry("activation_sense_upstream", SitePoint(5, True), GeneShape(0, 10, True)) == "unknown"


def test_an_inner_transcript_start_counts():
    gene = GeneShape(0, 400_000, True, (TranscriptShape(300_000, 400_000),))
    assert geometry("activation", SitePoint(280_000, True), gene) == "fits"


def test_verified_events_lead_and_then_the_strongest_class():
    events = [
        KnownEvent("A", "malignant", "lof", False, "x"),
        KnownEvent("A", "expansion", "lof", True, "x"),
        KnownEvent("A", "malignant-cooperating", "lof", True, "x"),
    ]
    assert leading_events(events)["A"].event_class == "malignant-cooperating"


def test_levels_rank_classes_and_ignore_unverified_ones():
    levels = [info.level for info in EVENT_CLASSES.values()]
    assert levels == sorted(levels, reverse=True)
    assert event_level("malignant") == 4
    assert event_level("malignant (unverified)") == 0


@pytest.mark.parametrize(
    ("column", "value"),
    [("mode", "magic"), ("class", "bad"), ("verification", "yes"), ("gene", ""), ("source", "")],
)
def test_a_bad_row_of_the_list_is_named(column, value):
    rows = read_resource(BUNDLED)
    rows.loc[3, column] = value
    with pytest.raises(DataError, match="line 5"):
        parse_known_events(rows)


def test_a_missing_column_of_the_list_is_named():
    with pytest.raises(DataError, match="columns aliases"):
        parse_known_events(pd.DataFrame(read_resource(BUNDLED)).drop(columns="aliases"))
