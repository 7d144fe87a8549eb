"""What the page takes from earlier runs of the cohort store, and what it says of them."""

from integrasite.report.facts import Specimen, earlier_specimens, records
from integrasite.report.view import View
from integrasite.report.words import joined, plural


def followed(view: View) -> list[Specimen]:
    """Evaluable specimens of this run and of earlier ones, by day."""
    earlier = [one for one in earlier_specimens(view.tables) if one.evaluable != "no"]
    if not earlier:
        return view.evaluable
    rank = {name: place for place, name in enumerate(view.subjects)}
    found = [one for one in (*view.evaluable, *earlier) if one.subject in rank]
    return sorted(found, key=lambda one: (rank[one.subject], -1 if one.days is None else one.days, one.name))


def earlier_notes(view: View) -> list[str]:
    """Which specimens of earlier runs growth rests on; nothing where the config names no cohort store."""
    if view.study.config.store is None:
        return []
    if view.tables.lacks("earlier_runs"):
        return [
            "Earlier runs: not compared: the results hold no earlier/runs.tsv, though a cohort store is configured."
        ]
    specimens, runs = earlier_specimens(view.tables), records(view.tables.earlier_runs)
    left = [f"run {row['run']}: {row['reason']}" for row in runs if row["reason"]]
    rest = f" Of the cohort store's runs, {'; '.join(left)}." if left else ""
    if not specimens:
        return [
            f"Earlier runs: the cohort store holds no other specimen of {joined(view.subjects)} to compare with.{rest}"
        ]
    used = [str(row["run"]) for row in runs if row["n_specimens"]]
    subjects = len({one.subject for one in specimens})
    return [
        f"Earlier runs: {plural(len(specimens), 'specimen')} of {plural(subjects, 'subject')} come from the cohort store "
        f"(runs {joined(used)}). Growth is over all of them; a multihit clone cannot be followed from run to run.{rest}"
    ]
