"""A benchmark that was broken off goes on where it stood."""

from pathlib import Path

import pytest

from simulator.bench import kept as keeping
from simulator.bench.kept import Kept
from simulator.replay.outcome import Outcome


def outcome(wait: float) -> Outcome:
    return Outcome("headstart", "", 1, {"mean_wait_s": wait}, (), (), (), ())


def test_what_was_kept_is_found_again_until_it_is_forgotten(tmp_path: Path) -> None:
    file = tmp_path / "out" / "runs.pickle"
    kept = Kept(file)
    assert len(kept) == 0
    kept.add(("step", 1), outcome(1.0))
    kept.add(("step", 2), outcome(2.0))
    again = Kept(file)
    assert [again.get(("step", seed)) for seed in (1, 2, 3)] == [outcome(1.0), outcome(2.0), None]
    again.forget()
    assert len(Kept(file)) == 0


@pytest.mark.parametrize("lost", [1, 20])
def test_a_run_cut_short_while_it_was_written_is_run_again(tmp_path: Path, lost: int) -> None:
    file = tmp_path / "runs.pickle"
    kept = Kept(file)
    kept.add("first", outcome(1.0))
    kept.add("second", outcome(2.0))
    file.write_bytes(file.read_bytes()[:-lost])
    again = Kept(file)
    assert (again.get("first"), again.get("second")) == (outcome(1.0), None)
    again.add("second", outcome(3.0))
    assert Kept(file).get("second") == outcome(3.0)


def test_what_other_code_came_to_is_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "runs.pickle"
    Kept(file).add("first", outcome(1.0))
    monkeypatch.setattr(keeping, "fingerprint", lambda: "other code")
    assert Kept(file).get("first") is None


@pytest.mark.parametrize("found", [b"", b"no pickle"])
def test_a_file_that_is_none_of_ours_is_begun_anew(tmp_path: Path, found: bytes) -> None:
    file = tmp_path / "runs.pickle"
    file.write_bytes(found)
    kept = Kept(file)
    kept.add("first", outcome(1.0))
    assert Kept(file).get("first") == outcome(1.0)
