"""What agents print, line by line, and what services say calls took."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whet.agents.metering import usage_of
from whet.agents.parsers import PARSERS, of_trajectory, signs
from whet.agents.sign import problem_in
from whet.model.agent import Price, Usage

RUNS = """
codex {"type":"thread.started","thread_id":"t1"}
codex {"type":"item.started","item":{"type":"command_execution","command":"ls"}}
codex {"type":"item.completed","item":{"type":"command_execution","exit_code":0}}
codex {"type":"item.completed","item":{"type":"agent_message","text":"done"}}
codex {"type":"turn.completed","usage":{"input_tokens":9,"output_tokens":2,"cached_input_tokens":4}}
claude {"type":"system","subtype":"init","session_id":"s"}
claude {"type":"assistant","message":{"content":[{"type":"tool_use","name":"B","input":"ls"}]}}
claude {"type":"user","message":{"content":[{"type":"tool_result","content":"x"}]}}
claude {"type":"assistant","message":{"content":[{"type":"text","text":"done"}]}}
claude {"type":"result","usage":{"input_tokens":5,"output_tokens":2,"cache_read_input_tokens":4}}
pi {"type":"session","id":"s"}
pi {"type":"tool_execution_start","toolName":"bash","args":{"command":"ls"}}
pi {"type":"tool_execution_end","result":"x"}
pi {"type":"message_end","message":{"role":"assistant","content":[{"type":"text","text":"done"}],\
"usage":{"input":5,"output":2,"cacheRead":4}}}
"""
LINES: dict[str, list[str]] = {}
for row in RUNS.strip().splitlines():
    LINES.setdefault(row.partition(" ")[0], []).append(row.partition(" ")[2])


@pytest.mark.parametrize("parser", LINES)
def test_a_run_is_read_from_its_lines(parser):
    memory: dict[str, str] = {}
    found = [s for line in LINES[parser] for s in signs(parser, line.encode(), memory)]
    assert [s.kind for s in found] == ["session", "tool", "tool_end", "say", "usage"]
    assert (found[1].text, found[3].text) == ("ls", "done")
    usage = found[4].usage
    assert (usage.read, usage.written, usage.cached) == (5, 2, 4)


def test_text_before_the_json_on_one_line_is_passed_over():
    line = b'goose is closing {"type":"complete","input_tokens":7,"output_tokens":3}'
    assert [s.kind for s in signs("goose", line, {})] == ["usage"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["type", "item", "message", "content", "part", "usage", "error", "result",
                         "stats", "action", "observation", "data", "text", "role"]),
        inner, max_size=4,
    ),
    max_leaves=12,
)  # fmt: skip


@given(st.sampled_from(sorted(PARSERS)), JSON | st.binary(max_size=60))
def test_no_line_is_an_exception(parser, value):
    line = value if isinstance(value, bytes) else json.dumps(value).encode()
    for found in signs(parser, line, {}):
        assert found.kind


def test_a_trajectory_that_is_none_is_noise():
    assert [s.kind for s in of_trajectory("{")] == ["noise"]
    assert [s.kind for s in of_trajectory('{"messages": [], "info": {}}')] == ["error"]


@pytest.mark.parametrize(
    ("reply", "usage"),
    [
        ({"usage": {"prompt_tokens": 9, "completion_tokens": 2,
                    "prompt_tokens_details": {"cached_tokens": 4}}}, (5, 2, 4)),
        ({"usage": {"input_tokens": 5, "output_tokens": 2, "cache_read_input_tokens": 4,
                    "cache_creation_input_tokens": 0}}, (5, 2, 4)),
        ({"response": {"usage": {"input_tokens": 9, "output_tokens": 2,
                                 "input_tokens_details": {"cached_tokens": 4}}}}, (5, 2, 4)),
        ({"usageMetadata": {"promptTokenCount": 9, "candidatesTokenCount": 2,
                            "cachedContentTokenCount": 4}}, (5, 2, 4)),
    ],
)  # fmt: skip
def test_every_service_says_what_a_call_took(reply, usage):
    for data in (json.dumps(reply), f'data: {{"x": 1}}\n\ndata: {json.dumps(reply)}\n\n'):
        found = usage_of(b"", data.encode())
        assert (found.read, found.written, found.cached, found.estimated) == (*usage, False)


def test_a_reply_that_does_not_say_is_estimated_and_never_nothing():
    found = usage_of(b"x" * 400, b"y" * 40)
    assert (found.read, found.written, found.estimated) == (100, 10, True)


def test_the_later_count_of_a_stream_holds():
    start = '{"message": {"usage": {"input_tokens": 7, "output_tokens": 1}}}'
    end = '{"usage": {"output_tokens": 50}}'
    found = usage_of(b"", f"data: {start}\n\ndata: {end}\n\n".encode())
    assert (found.read, found.written) == (7, 50)


def test_unknown_money_and_known_money_are_unknown_together():
    known, unknown = Usage(calls=1, money=0.5), Usage(calls=1)
    assert known.plus(unknown).money is None
    assert Usage().plus(known).money == 0.5
    assert known.plus(Usage()).money == 0.5


def test_a_price_counts_what_comes_from_a_cache_apart():
    usage = Usage(calls=1, read=1_000_000, written=100_000, cached=2_000_000)
    assert Price(read=3, written=15, cached=0.3).of(usage) == pytest.approx(3 + 1.5 + 0.6)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("HTTP 401: invalid_api_key", "auth"),
        ("Error: 429 Too Many Requests", "rate"),
        ("stream disconnected before completion", "service"),
        ("I've reached the maximum number of turns", "limit"),
        ("cannot read property of undefined", "agent"),
    ],
)
def test_an_errors_words_say_what_kind_of_problem_it_is(text, problem):
    assert problem_in(text) == problem
