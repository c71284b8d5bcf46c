"""Traces: what is read, what is refused and how, and what is generated."""

import gzip
import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from simulator.plant.spec import load_plant
from simulator.traces import SHAPES, Row, Trace, TraceError, TraceWriter, generate, read
from simulator.traces.trace import ROWS_A_BLOCK
from tests.simulator.small_trace import finished

LAW = load_plant("standard").service
SHARED = Path(__file__).resolve().parents[3] / "shared" / "traces"
HEADER = "arrival_s,input_tokens,output_tokens\n"
TIMED = "arrival_s,input_tokens,output_tokens,service_s\n"
AZURE = "TIMESTAMP,ContextTokens,GeneratedTokens\n"


def _file(tmp_path: Path, text: str, name: str = "mine.csv") -> Path:
    file = tmp_path / name
    file.write_text(text, newline="")
    return file


def _rows(tmp_path: Path, text: str, name: str = "mine.csv") -> list[Row]:
    return list(read(_file(tmp_path, text, name)).rows())


def test_our_csv(tmp_path: Path) -> None:
    trace = read(_file(tmp_path, HEADER + "0.5,800,50\n0.5,0,1\n2,8000,100\n"))
    assert (trace.name, trace.requests, trace.first_s, trace.last_s, trace.timed) == ("mine", 3, 0.5, 2.0, False)
    assert list(trace.rows()) == [Row(0.5, 800, 50), Row(0.5, 0, 1), Row(2.0, 8000, 100)]
    assert list(trace.arrivals()) == [0.5, 0.5, 2.0]
    assert [service for _, service in trace.demands(LAW)] == pytest.approx([1.3, 0.22, 3.2])
    assert [service for _, service in trace.demands(LAW, 3)] == pytest.approx([3.9, 0.66, 9.6])


def test_a_trace_may_say_how_long_each_request_takes(tmp_path: Path) -> None:
    trace = read(_file(tmp_path, TIMED + "0,800,50,1.5\n1,800,50,0\n"))
    assert trace.timed
    assert list(trace.rows()) == [Row(0.0, 800, 50, 1.5), Row(1.0, 800, 50, 0.0)]
    assert list(trace.demands(LAW, 2)) == [(0.0, 3.0), (1.0, 0.0)]


@pytest.mark.parametrize(
    "text",
    [
        HEADER + "0,1,2\r\n1,3,4\r\n",
        "\ufeff" + HEADER + "0,1,2\n\n1,3,4\n\n",
        "output_tokens, input_tokens ,arrival_s\n2,1,0\n4,3,1",
        HEADER + ' 0 ,"1",2.0\n1e0,3,4\n',
    ],
    ids=["windows", "bom and blank lines", "another order", "floats and quotes"],
)
def test_ways_to_write_the_same_csv(tmp_path: Path, text: str) -> None:
    assert _rows(tmp_path, text) == [Row(0.0, 1, 2), Row(1.0, 3, 4)]


def test_azures_format_counts_from_its_first_request(tmp_path: Path) -> None:
    text = AZURE + "2023-11-16 18:17:03.9799600,4808,10\n2023-11-16 18:17:04.0319600,3180,8\n"
    first, second = _rows(tmp_path, text)
    assert first == Row(0.0, 4808, 10)
    assert second._replace(arrival_s=0.052) == Row(0.052, 3180, 8)
    assert second.arrival_s == pytest.approx(0.052, abs=1e-6)
    with_offset = AZURE + "2024-05-10 00:00:00.009930+00:00,1,1\n2024-05-10 02:00:01.009930+02:00,1,1\n"
    assert _rows(tmp_path, with_offset)[1].arrival_s == pytest.approx(1.0, abs=1e-6)


def test_mooncakes_format_counts_milliseconds(tmp_path: Path) -> None:
    lines = [
        {"timestamp": 0, "input_length": 6758, "output_length": 500, "hash_ids": [0, 1, 2]},
        {"timestamp": 3250, "input_length": 7, "output_length": 9},
    ]
    text = "\n".join(map(json.dumps, lines))
    assert _rows(tmp_path, text, "mooncake.jsonl") == [Row(0.0, 6758, 500), Row(3.25, 7, 9)]


def test_gzip_is_told_by_its_content(tmp_path: Path) -> None:
    for name in ("day.csv.gz", "day.csv"):
        (tmp_path / name).write_bytes(gzip.compress((HEADER + "0,1,2\n").encode()))
        trace = read(tmp_path / name)
        assert (trace.name, trace.requests) == ("day", 1)


BAD = [
    ("", 1, None, "is empty; the first line must name the columns"),
    ("\n\n", 1, None, "is empty"),
    (HEADER, 1, None, "has no requests"),
    (HEADER + "\n\n", 3, None, "has no requests"),
    ("0,1,2\n", 1, "arrival_s", "column arrival_s is missing; the first line must name the columns: arrival_s,input"),
    ("arrival_s,input_tokens\n0,1\n", 1, "output_tokens", "column output_tokens is missing"),
    ("TIMESTAMP,ContextTokens\n0,1\n", 1, "GeneratedTokens", "column GeneratedTokens is missing"),
    ("arrival_s,input_tokens,output_tokens,service\n0,1,2,3\n", 1, "service", "column 'service' is unknown"),
    ("arrival_s,input_tokens,output_tokens,arrival_s\n0,1,2,3\n", 1, "arrival_s", "column 'arrival_s' is twice"),
    (HEADER + "0,1,2\n1,2\n", 3, "output_tokens", "output_tokens is missing: must be a whole number"),
    (HEADER + "0,1,2\n1,2,3,4\n", 3, None, "4 values; must be 3: arrival_s,input_tokens,output_tokens"),
    (HEADER + "2,1,2\n1,2,3\n", 3, "arrival_s", "arrival_s = '1': must not be earlier than the row before; sort"),
    (HEADER + "-1,1,2\n", 2, "arrival_s", "arrival_s = '-1': must be seconds from the trace's start, 0 to 31622400"),
    (HEADER + "5,1,2\n-1,1,2\n", 3, "arrival_s", "arrival_s = '-1': must be seconds"),
    (HEADER + "1767225600,1,2\n", 2, "arrival_s", "must be seconds from the trace's start, 0 to 31622400"),
    (HEADER + "nan,1,2\n", 2, "arrival_s", "arrival_s = 'nan': must be seconds"),
    (HEADER + "0,1,2\nNaN,1,2\n1,1,2\n", 3, "arrival_s", "arrival_s = 'NaN': must be seconds"),
    (HEADER + "inf,1,2\n", 2, "arrival_s", "arrival_s = 'inf': must be seconds"),
    (HEADER + "soon,1,2\n", 2, "arrival_s", "arrival_s = 'soon': must be seconds"),
    (HEADER + "0,1,2\n1,,2\n", 3, "input_tokens", "input_tokens is empty: must be a whole number, 0 to 100000000"),
    (HEADER + "0,1,2\n1,1,-2\n", 3, "output_tokens", "output_tokens = '-2': must be a whole number"),
    (HEADER + "0,1,2.5\n", 2, "output_tokens", "output_tokens = '2.5': must be a whole number"),
    (HEADER + "0,nan,2\n", 2, "input_tokens", "input_tokens = 'nan': must be a whole number"),
    (HEADER + "0,inf,2\n", 2, "input_tokens", "input_tokens = 'inf': must be a whole number"),
    (HEADER + "0,1e300,2\n", 2, "input_tokens", "input_tokens = '1e300': must be a whole number"),
    (HEADER + f"0,{'9' * 5000},2\n", 2, "input_tokens", "input_tokens = '999"),
    (HEADER + "0,many,2\n", 2, "input_tokens", "input_tokens = 'many': must be a whole number"),
    (TIMED + "0,1,2,-1\n", 2, "service_s", "service_s = '-1': must be seconds, 0 to 86400"),
    (TIMED + "0,1,2,nan\n", 2, "service_s", "service_s = 'nan': must be seconds"),
    (TIMED + "0,1,2,1\n1,1,2,\n", 3, "service_s", "service_s is empty: must be seconds"),
    (TIMED + "0,1,2,1\n1,1,2\n", 3, "service_s", "service_s is missing: must be seconds"),
    (AZURE + "yesterday,1,2\n", 2, "TIMESTAMP", "TIMESTAMP = 'yesterday': must be a time such as"),
    (AZURE + "2023-11-16 18:17:03,1,2\n2023-11-16 18:17:02,1,2\n", 3, "TIMESTAMP", "must not be earlier than"),
    (AZURE + "2023-11-16 18:17:03,1,2\n2025-11-16 18:17:02,1,2\n", 3, "TIMESTAMP", "within 366 days"),
    ('{"timestamp": 0, "input_length": 1}\n', 1, "output_length", "output_length is missing: must be a whole"),
    ('{"timestamp": 0, "input_length": 1, "output_length": null}', 1, "output_length", "output_length is empty"),
    ('{"timestamp": 0, "input_length": true, "output_length": 1}', 1, "input_length", "input_length = True"),
    ('{"timestamp": 0, "input_length": [1], "output_length": 1}', 1, "input_length", "input_length = [1]"),
    ('{"timestamp": NaN, "input_length": 1, "output_length": 1}', 1, "timestamp", "timestamp = nan: must be millisec"),
    ('{"timestamp": 1e400, "input_length": 1, "output_length": 1}', 1, "timestamp", "timestamp = inf"),
    ('{"timestamp": -5, "input_length": 1, "output_length": 1}', 1, "timestamp", "timestamp = -5: must be millisec"),
    (
        '{"timestamp": 9, "input_length": 1, "output_length": 1}\n'
        '{"timestamp": 8, "input_length": 1, "output_length": 1}',
        2,
        "timestamp",
        "timestamp = 8: must not be earlier than the row before",
    ),
    ('{"timestamp": 0, "input_length": 1, "output_length": 1}\nnothing\n', 2, None, "must be one JSON object with"),
    (HEADER + '0,1,"2\n', 3, None, "is not CSV"),
]


@pytest.mark.parametrize(("text", "line", "column", "says"), BAD)
def test_a_bad_trace_is_refused_with_its_place_and_what_would_be_right(
    tmp_path: Path, text: str, line: int, column: str | None, says: str
) -> None:
    file = _file(tmp_path, text)
    with pytest.raises(TraceError) as caught:
        read(file)
    assert (caught.value.path, caught.value.line, caught.value.column) == (str(file), line, column)
    assert str(caught.value).startswith(f"{file}:{line}: ")
    assert says in str(caught.value)


def _break_nothing_but_the_name(data: bytes) -> bytes:
    return data


def _cut(data: bytes) -> bytes:
    return gzip.compress(data)[:-10]


def _flip(data: bytes) -> bytes:
    packed = bytearray(gzip.compress(data))
    packed[-6] ^= 255
    return bytes(packed)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (_break_nothing_but_the_name, "is not a gzip file though it is called .gz"),
        (_cut, "is not a whole gzip file"),
        (_flip, "is not a whole gzip file"),
    ],
)
def test_a_bad_gzip_file(tmp_path: Path, spoil: Callable[[bytes], bytes], says: str) -> None:
    file = tmp_path / "bad.csv.gz"
    file.write_bytes(spoil((HEADER + "0,1,2\n").encode()))
    with pytest.raises(TraceError, match=says):
        read(file)


def test_a_byte_that_is_no_text_is_found_in_its_line(tmp_path: Path) -> None:
    file = tmp_path / "bad.csv"
    file.write_bytes(HEADER.encode() + b"0,1,2\n1,\xff,2\n")
    with pytest.raises(TraceError, match=r":3: input_tokens = ") as caught:
        read(file)
    str(caught.value).encode()


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    for file in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(TraceError, match=r"cannot be read \("):
            read(file)


def test_an_error_far_down_names_its_own_line(tmp_path: Path) -> None:
    rows = [f"{at},1,2" for at in range(3 * ROWS_A_BLOCK)]
    rows[2 * ROWS_A_BLOCK + 5] = "0,1,2"
    with pytest.raises(TraceError) as caught:
        read(_file(tmp_path, HEADER + "\n".join(rows)))
    assert caught.value.line == 2 * ROWS_A_BLOCK + 7
    rows[2 * ROWS_A_BLOCK] = "0,1,2"
    with pytest.raises(TraceError) as caught:
        read(_file(tmp_path, HEADER + "\n".join(rows)))
    assert caught.value.line == 2 * ROWS_A_BLOCK + 2


def test_many_rows_come_back_as_they_were(tmp_path: Path) -> None:
    rows = [Row(at / 7, at % 90_000, at % 311) for at in range(2 * ROWS_A_BLOCK + 17)]
    text = HEADER + "\n".join(f"{a!r},{i}.0,{o}" if i == 3 else f"{a!r},{i},{o}" for a, i, o, _ in rows)
    trace = read(_file(tmp_path, text))
    assert list(trace.rows()) == rows
    writer = TraceWriter("again")
    for row in rows:
        writer.append(row)
    assert list(writer.finish().rows()) == rows


def test_forked_processes_read_one_trace_at_once() -> None:
    assert finished("tests.simulator.forked_reads") == (0, "", "")


@pytest.mark.parametrize("shape", SHAPES)
def test_a_shape_is_the_same_for_the_same_seed_and_another_for_another(shape: str) -> None:
    one, again, other = (generate(shape, seed, scale=0.2) for seed in (1, 1, 2))
    rows = list(one.rows())
    assert rows == list(again.rows())
    assert rows != list(other.rows())
    assert all(a.arrival_s <= b.arrival_s for a, b in pairwise(rows))
    assert min(row.input_tokens for row in rows) >= 1
    assert one.requests == len(rows) > 1000
    assert one.last_s <= (24 if shape == "day" else 6) * 3600


def _rate(trace: Trace, begin_h: float, end_h: float) -> float:
    """Arrivals a second between two hours."""
    count = sum(begin_h * 3600 <= at < end_h * 3600 for at in trace.arrivals())
    return count / (end_h - begin_h) / 3600


def test_shapes_have_the_rates_they_state() -> None:
    step, ramp, day, steady = (generate(shape, 1) for shape in ("step", "ramp", "day", "steady"))
    assert [_rate(step, 0, 0.5), _rate(step, 0.5, 1.5), _rate(step, 1.5, 2)] == pytest.approx([0.6, 4, 0.6], rel=0.1)
    assert [_rate(ramp, 0, 1 / 3), _rate(ramp, 0.65, 0.683), _rate(ramp, 1, 4 / 3)] == pytest.approx(
        [0.4, 2.2, 4], rel=0.15
    )
    assert [_rate(day, 3, 5), _rate(day, 9, 11), _rate(day, 15, 17)] == pytest.approx([0.2, 1.1, 2], rel=0.1)
    assert _rate(generate("steady", 1, scale=2), 0, 3) == pytest.approx(2 * _rate(steady, 0, 3), rel=0.05)
    assert _rate(steady, 0, 3) == pytest.approx(3, rel=0.05)


def test_spikes_are_ten_times_the_calm_and_onoff_falls_silent() -> None:
    minutes = [0] * 180
    for at in generate("spikes", 1).arrivals():
        minutes[int(at // 60)] += 1
    assert 10 <= sum(count > 120 for count in minutes) <= 40
    arrivals = list(generate("onoff", 1).arrivals())
    wakes = [b for a, b in zip([0.0, *arrivals], arrivals, strict=False) if b - a > 300]
    assert len(wakes) > 5
    assert all(sum(wake <= at < wake + 6 for at in arrivals) > 50 for wake in wakes)


def test_an_unknown_shape() -> None:
    with pytest.raises(KeyError):
        generate("square", 1)


def test_the_shared_traces_are_read_whole() -> None:
    if not SHARED.is_dir():
        pytest.skip("the shared traces are not beside this project")
    found = {file.name.removesuffix(".csv.gz"): read(file).requests for file in SHARED.glob("*.csv.gz")}
    stated = {
        cells[1].strip(): int(cells[5].split(" requests")[0].replace(",", ""))
        for line in (SHARED / "SOURCES.md").read_text().splitlines()
        if " requests" in line and len(cells := line.split("|")) > 6
    }
    assert found == stated
