"""Sites of a wild-type virus are set aside by the verdict on their sample."""

import pandas as pd

from integrasite.curate.virus_sites import REASON, set_aside_virus

SPECIMENS = {"T": "P_t", "U": "P_t", "B": "P_b"}


def verdicts(*rows):
    return pd.DataFrame(rows, columns=["sample", "vector", "verdict", "findings"])


def sites(*samples):
    return pd.DataFrame({"sample": samples, "vector": "v", "status": "pass", "reason": ""})


def clones(*specimens, estimator="ccf"):
    table = {"specimen": specimens, "vector": "v", "status": "pass", "reason": "", "fraction": 0.5}
    return pd.DataFrame({**table, "estimator": estimator})


def test_only_samples_with_the_virus_and_without_the_vector_lose_their_sites():
    judged = verdicts(
        ("T", "v", "INDETERMINATE", "plasmid,wild-type-virus"),
        ("U", "v", "POSITIVE", "wild-type-virus"),
        ("B", "v", "NEGATIVE", ""),
    )
    found = set_aside_virus(sites("T", "U", "B", "amplicon"), judged, SPECIMENS)
    assert found["status"].tolist() == ["artefact", "pass", "pass", "pass"]
    assert found["reason"].tolist() == [REASON, "", "", ""]


def test_rows_that_did_not_pass_keep_their_reason():
    table = sites("T").assign(status="ambiguous", reason="why")
    judged = verdicts(("T", "v", "NEGATIVE", "wild-type-virus"))
    assert set_aside_virus(table, judged, SPECIMENS)["reason"].tolist() == ["why"]


def test_a_clone_goes_where_all_samples_of_its_specimen_say_so():
    virus = ("T", "v", "NEGATIVE", "wild-type-virus")
    for other, status in (("POSITIVE", "pass"), ("NEGATIVE", "artefact")):
        judged = verdicts(virus, ("U", "v", other, "wild-type-virus"))
        found = set_aside_virus(clones("P_t", "P_b"), judged, SPECIMENS)
        assert found["status"].tolist() == [status, "pass"]
        assert found["fraction"].notna().tolist() == [status == "pass", True]


def test_clones_of_amplicons_stay():
    judged = verdicts(("T", "v", "NEGATIVE", "wild-type-virus"))
    found = set_aside_virus(clones("P_t", estimator="sonic"), judged, SPECIMENS)
    assert found["status"].tolist() == ["pass"]


def test_without_tumours_nothing_changes():
    assert set_aside_virus(sites("a"), verdicts(), SPECIMENS).equals(sites("a"))
