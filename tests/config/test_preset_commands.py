"""The commands of presets for tools that need a GPU, held against the parsers of these tools.

`python -P tests/config/test_preset_commands.py FOLDER` writes data/tool_options.json anew from
wheels that are unpacked in the folder.
"""

import ast
import json
import os
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from importlib.metadata import Distribution
from importlib.util import find_spec
from pathlib import Path

import pytest

from whet.config.presets import preset
from whet.formats import parse

FACTS = Path(__file__).parent / "data" / "tool_options.json"

PARSERS: Mapping[str, tuple[str, ...]] = {
    "vllm": (
        "vllm/benchmarks/throughput.py", "vllm/benchmarks/datasets/datasets.py",
        "vllm/engine/arg_utils.py",
    ),
    "sglang": (
        "sglang/benchmark/offline_throughput.py", "sglang/benchmark/one_batch.py",
        "sglang/srt/arg_groups/fields/*.py",
    ),
}  # fmt: skip
"""Where the parser of a preset's commands is made."""


def options(tool: str, folder: Path) -> dict[str, list[str]]:
    """Every option by its name, with the values it takes where these are written down.

    Sources are read, nothing is imported: that would need a GPU.
    """
    found: dict[str, list[str]] = {}
    for pattern in PARSERS[tool]:
        paths = sorted(folder.glob(pattern))
        if not paths:
            raise FileNotFoundError(f"{tool} has no {pattern}")
        for path in paths:
            tree = ast.parse(path.read_text(encoding="utf-8"))
            found |= dict(_declared(tree, fields=path.parent.name == "fields"))
    return found


def _declared(tree: ast.Module, *, fields: bool) -> Iterator[tuple[str, list[str]]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "add_argument":
            names = [each.value for each in node.args if isinstance(each, ast.Constant)]
            yield from ((str(name), _choices(node)) for name in names if "--" in str(name))
        elif isinstance(node, ast.AnnAssign) and fields and isinstance(node.target, ast.Name):
            yield "--" + node.target.id.replace("_", "-"), []


def _choices(node: ast.Call) -> list[str]:
    given = next((each.value for each in node.keywords if each.arg == "choices"), None)
    if not isinstance(given, (ast.List, ast.Tuple)):
        return []
    return [each.value for each in given.elts if isinstance(each, ast.Constant)]


KNOWN = json.loads(FACTS.read_text())


def bench(name):
    return tomllib.loads(preset(name).text)["bench"]


def used(name):
    """Options of the command with the word after each."""
    words = shlex.split(bench(name)["command"])
    return {
        word: after for word, after in zip(words, [*words[1:], ""], strict=True)
        if word.startswith("--")
    }  # fmt: skip


def wrong(given, known):
    """Options that the tool does not have, or not with this value."""
    return [
        (option, value) for option, value in given.items()
        if option not in known or (known[option] and value not in known[option])
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["vllm", "sglang", "tensorrt-llm"])
def test_a_preset_gives_its_tool_only_options_that_it_has(name):
    given = used(name)
    assert len(given) >= 4
    assert wrong(given, KNOWN[name]["options"]) == []


@pytest.mark.parametrize("given", [{"--random-input": "512"}, {"--dataset-name": "made-up"}])
def test_an_option_that_the_tool_does_not_have_would_be_found(given):
    assert wrong(given, KNOWN["sglang"]["options"])


@pytest.mark.parametrize("name", sorted(PARSERS))
def test_the_options_are_those_of_the_tool_that_is_installed(name):
    folder = Path(os.environ.get("WHET_TEST_WHEELS", "/nowhere"))
    if not (folder / name).is_dir():
        found = find_spec(name)
        if found is None or found.origin is None:
            pytest.skip(f"{name} is not here: unpack its wheel, name the folder: WHET_TEST_WHEELS")
        folder = Path(found.origin).parents[1]
    assert wrong(used(name), options(name, folder)) == []


def test_what_sglang_writes_becomes_both_metrics(tmp_path):
    command = bench("sglang")["command"]
    script = command[command.index("python -c '") + len("python -c '") : command.rindex("'")]
    many = {"backend": "engine", "successful_requests": 200, "total_latency": 12.5,
            "total_output_tokens": 25600, "output_throughput": 2048.0,
            "total_throughput": 10240.25}  # fmt: skip
    one = {"run_name": "default", "batch_size": 1, "input_len": 512, "output_len": 16,
           "prefill_latency": 0.0421, "prefill_throughput": 12161.5, "total_latency": 0.31,
           "overall_throughput": 1703.2}  # fmt: skip
    for name, last in (("many", many), ("one", one)):
        earlier = {**last, "total_throughput": 1.0, "prefill_latency": 9.0}
        text = "".join(json.dumps(each) + "\n" for each in (earlier, last))
        (tmp_path / f"{name}.jsonl").write_text(text)
    printed = subprocess.run(
        [sys.executable, "-c", script], env={"TMPDIR": str(tmp_path)}, check=True,
        capture_output=True, text=True,
    ).stdout  # fmt: skip
    found = {name: reading.value for name, reading in parse("metric-lines", printed).items()}
    assert found == {"total_throughput": 10240.25, "first_token_s": 0.0421}


def test_the_report_of_trtllm_bench_has_the_goal():
    report = {
        "engine": {"model": "m", "version": "1.3.0", "backend": "Pytorch", "dtype": "bfloat16"},
        "world_info": {"tp_size": 1, "pp_size": 1, "max_batch_size": 2048},
        "request_info": {"num_requests": 3000, "avg_input_length": 128.0},
        "performance": {
            "total_latency_ms": 9218.4, "request_throughput_req_s": 325.4,
            "system_output_throughput_tok_s": 41655.8, "system_total_throughput_tok_s": 83311.7,
            "request_latency_percentiles_ms": {"p50": 5123.1, "p99": 9100.2},
        },
    }  # fmt: skip
    text = preset("tensorrt-llm").text
    goal = tomllib.loads(text)["goal"]["metric"]
    assert parse(bench("tensorrt-llm")["format"], json.dumps(report))[goal].value == 41655.8


def test_what_vllm_writes_has_the_goal():
    written = {"elapsed_time": 8.04, "num_requests": 200, "total_num_tokens": 128000,
               "requests_per_second": 24.88, "tokens_per_second": 15920.4}  # fmt: skip
    goal = tomllib.loads(preset("vllm").text)["goal"]["metric"]
    assert parse(bench("vllm")["format"], json.dumps(written))[goal].value == 15920.4


def test_what_whisper_bench_prints_becomes_times_and_not_numbers_of_runs(tmp_path):
    tool = tmp_path / "build" / "bin" / "whisper-bench"
    tool.parent.mkdir(parents=True)
    tool.write_text("""#!/bin/sh
cat >&2 << 'END'
whisper_print_timings:   sample time =     0.00 ms /     1 runs (     0.00 ms per run)
whisper_print_timings:   encode time =   150.74 ms /     1 runs (   150.74 ms per run)
whisper_print_timings:   decode time =   162.46 ms /   256 runs (     0.63 ms per run)
whisper_print_timings:    total time =  2269.15 ms
END
""")
    tool.chmod(0o755)
    printed = subprocess.run(
        ["sh", "-c", bench("whisper.cpp")["command"]], cwd=tmp_path, check=True,
        env={**os.environ, "MODEL": "a model", "THREADS": "1"}, capture_output=True, text=True,
    ).stdout  # fmt: skip
    found = {name: reading.value for name, reading in parse("metric-lines", printed).items()}
    assert found == {"encode_ms": 150.74, "decode_ms": 162.46}


def main(folder: Path) -> None:
    """Write the facts; those of tools that are in no wheel stay as they are."""
    facts = json.loads(FACTS.read_text(encoding="utf-8")) if FACTS.exists() else {}
    for tool in PARSERS:
        metadata = next(folder.glob(f"{tool}-*.dist-info"))
        version = Distribution.at(metadata).version
        facts[tool] = {"version": version, "options": dict(sorted(options(tool, folder).items()))}
    lines = json.dumps(facts, indent=None).replace('"--', '\n"--').replace("}}", "\n}}")
    FACTS.write_text(lines + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
