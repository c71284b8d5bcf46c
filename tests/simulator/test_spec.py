"""Plant files: the two that ship, and everything that is refused."""

from dataclasses import fields, replace
from pathlib import Path

import pytest

from simulator.plant.errors import SpecError
from simulator.plant.sizing import MOST_COPIES
from simulator.plant.spec import PlantSpec, ShortageSpec, load_plant
from simulator.plant.tomlfile import PLANTS

STANDARD_TEXT = (PLANTS / "standard.toml").read_text()


def test_the_standard_plant_is_the_one_published() -> None:
    plant = load_plant("standard")
    assert (plant.start.median_s, plant.start.sigma) == (100, 0.3)
    assert (plant.instances.places, plant.instances.launch_median_s, plant.instances.launch_sigma) == (2, 150, 0.3)
    assert plant.instances.release_after_s == 600
    assert (plant.queue.timeout_s, plant.queue.routing, plant.queue.abandoned_served) == (60, "least_busy", False)
    assert (plant.metrics.publish_lag_s, plant.metrics.lost_share) == (20, 0)
    assert plant.lock.inwards_s == 30
    assert (plant.clients.retries, plant.clients.retry_cap_s, plant.clients.give_up_after_s) == (True, 15, 600)
    assert plant.shortage is None
    assert plant.quota is None


def test_the_demo_plant_differs_in_its_start_ups_alone() -> None:
    standard, demo = load_plant("standard"), load_plant(PLANTS / "demo.toml")
    assert (demo.start.median_s, demo.instances.launch_median_s) == (20, 10)
    assert demo.queue == standard.queue
    assert demo.metrics == standard.metrics
    assert demo.instances.release_after_s == standard.instances.release_after_s


def test_every_constant_of_a_shipped_plant_says_where_it_comes_from() -> None:
    for line in STANDARD_TEXT.splitlines():
        if "=" in line and not line.startswith(("#", "name", "about")):
            comment = line.partition("#")[2].strip()
            assert comment.startswith(("aws-facts", "assumed", "plant")), line


def test_a_slower_plant_starts_copies_later_and_is_the_same_otherwise() -> None:
    plant = load_plant("standard")
    assert plant.slower(2.0).start.median_s == 200
    assert plant.slower(2.0).instances.launch_median_s == 300
    assert plant.slower(2.0).slower(0.5) == plant


def _load(tmp_path: Path, text: str) -> PlantSpec:
    file = tmp_path / "mine.toml"
    file.write_text(text)
    return load_plant(file)


def test_optional_sections(tmp_path: Path) -> None:
    plant = _load(tmp_path, STANDARD_TEXT + "\n[shortage]\ninstances = 4\ntimeout_s = 900\n")
    assert plant.shortage == ShortageSpec(instances=4, timeout_s=900.0)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("places = 2", "places = 0", "instances.places = 0: must be a whole number, 1 to 64 copies"),
        ("places = 2", "places = 2.5", "instances.places = 2.5: must be a whole number"),
        ("places = 2", "places = true", "instances.places = True: must be a whole number"),
        ("places = 2", "place = 2", "instances.place: unknown key; [instances] takes places, launch_median_s"),
        ("places = 2", "", "instances.places: missing; it takes a whole number, 1 to 64 copies"),
        ("sigma = 0.3 ", "sigma = nan ", "start.sigma = nan: must be 0 to 3"),
        ("median_s = 100", "median_s = '100'", "start.median_s = '100': must be 0 to 7200 seconds"),
        ("median_s = 100", "median_s = -1", "start.median_s = -1: must be 0 to 7200 seconds"),
        ('"least_busy"', '"fair"', "queue.routing = 'fair': must be 'least_busy' or 'random'"),
        ("retries = true", "retries = 1", "clients.retries = 1: must be true or false"),
        ("lost_share = 0.0", "lost_share = 20", "metrics.lost_share = 20: must be 0 to 1 of the points"),
        ("[lock]", "[locks]", "locks: unknown key; a plant takes name, about, start"),
        ('name = "standard"', "name = 3", "name = 3: must be a text"),
        ("[start]", "start = 5\n[metrics.x]", "mine.toml"),
        ("[start]", "[start", "not a TOML file"),
        ('name = "standard"', 'base = "nowhere"', "nowhere.toml: cannot be read"),
        ("[clients]", "[shortage]\ninstances = 1\ntimeout_s = 1\n[clients]", None),
    ],
)
def test_an_impossible_plant_is_refused_with_file_key_and_what_would_be_right(
    tmp_path: Path, old: str, new: str, says: str | None
) -> None:
    text = STANDARD_TEXT.replace(old, new, 1)
    if says is None:
        text = text.replace("minimum = 0", "minimum = 2")
        says = "shortage.instances = 1: must be at least instances.minimum, 2"
    with pytest.raises(SpecError) as refused:
        _load(tmp_path, text)
    assert says in refused.value.message
    assert str(tmp_path) in refused.value.message


def test_a_section_must_be_a_table(tmp_path: Path) -> None:
    lock = "[lock]\n" + STANDARD_TEXT.partition("[lock]\n")[2].partition("[")[0]
    with pytest.raises(SpecError, match=r"lock = 5: must be a table"):
        _load(tmp_path, "lock = 5\n" + STANDARD_TEXT.replace(lock, ""))


def test_an_unknown_plant_names_those_there_are() -> None:
    with pytest.raises(SpecError, match=r"there are .*demo, .*standard, "):
        load_plant("elsewhere")


VARIANTS = {
    "starts-short": "sizing",
    "slow-start": "start instances",
    "fast-start": "start instances",
    "late-metrics": "metrics",
    "all-warm": "instances",
    "zero-warm": "instances",
    "abandoned-served": "queue",
    "no-retry": "clients",
    "lossy-metrics": "metrics",
    "quota-short": "quota",
    "more-slots": "served",
    "instances-short": "shortage",
}


@pytest.mark.parametrize("name", VARIANTS)
def test_a_variant_differs_from_the_standard_plant_in_one_thing(name: str) -> None:
    standard, variant = load_plant("standard"), load_plant(name)
    differing = {
        field.name for field in fields(standard) if getattr(standard, field.name) != getattr(variant, field.name)
    }
    assert differing == {"name", "about", *VARIANTS[name].split()}
    assert variant.name == name


def test_variants_are_what_they_are_called() -> None:
    standard = load_plant("standard")
    assert replace(load_plant("slow-start"), name="standard", about=standard.about) == standard.slower(2.0)
    assert replace(load_plant("fast-start"), name="standard", about=standard.about) == standard.slower(0.5)
    assert load_plant("all-warm").instances.minimum * standard.instances.places == MOST_COPIES
    assert load_plant("lossy-metrics").metrics.lost_share == 0.2
    assert load_plant("late-metrics").metrics.publish_lag_s == 60


def test_a_refusal_names_the_line_of_the_key_or_of_its_section(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('base = "standard"\nname = "mine"\n\n[start]\nmedian_s = -1\n')
    with pytest.raises(SpecError, match=r"mine\.toml:5: start\.median_s = -1: must be 0 to 7200 seconds"):
        load_plant(file)
    file.write_text('base = "standard"\nname = "mine"\n\n[sizing]\n')
    with pytest.raises(SpecError, match=r"mine\.toml:4: sizing\.start_copies: missing"):
        load_plant(file)
