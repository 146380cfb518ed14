"""The tools of an agent, by the SDK's own client: over standard input and output, and in memory."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from inside.conftest import events

mcp = pytest.importorskip("mcp", reason="needs the extra `mcp`")

from mcp.client.stdio import StdioServerParameters, stdio_client  # noqa: E402

from whet.mcp.opening import still_meant  # noqa: E402
from whet.mcp.serving import server  # noqa: E402

COMMAND = [sys.executable, "-m", "whet", "mcp"]


def told(root, work, by="one"):
    """Talk with a server in this process."""

    async def talk():
        async with mcp.Client(server(root, "", by)) as client:
            return await work(client)

    return asyncio.run(talk())


def spoken(root, work, *words):
    """Talk with `whet mcp` as an agent does."""

    async def talk():
        process = StdioServerParameters(command=COMMAND[0], args=[*COMMAND[1:], *words],
                                        cwd=root, env=dict(os.environ))  # fmt: skip
        async with mcp.Client(stdio_client(process)) as client:
            return await work(client)

    return asyncio.run(talk())


async def call(client, tool, /, **arguments):
    answer = await client.call_tool(tool, arguments)
    assert not answer.is_error, answer.content[0].text
    return answer.structured_content


def edit(claimed, name, text):
    """What an agent does in the folder it was given."""
    Path(claimed["tree"], name).write_text(text)


async def refusal(client, tool, /, **arguments):
    answer = await client.call_tool(tool, arguments)
    assert answer.is_error, answer.structured_content
    return answer.content[0].text


def test_every_tool_says_what_it_does_to_the_world_and_what_it_answers(root):
    async def listed(client):
        return (await client.list_tools()).tools

    tools = told(root, listed)
    assert {tool.name for tool in tools} >= {
        "next", "status", "claim", "release", "submit", "wait", "verdict", "cancel", "ideas",
        "idea", "add_idea", "move_idea", "drop_idea", "search", "profile", "evidence", "note",
        "init_experiment", "run_experiment", "log_experiment",
    }  # fmt: skip
    for tool in tools:
        hints = tool.annotations
        assert None not in (hints.read_only_hint, hints.destructive_hint, hints.idempotent_hint)
        assert hints.open_world_hint is False
        assert tool.output_schema["properties"]
        assert 10 < len(tool.description) < 220
    assert {t.name for t in tools if t.annotations.destructive_hint} == {"release", "cancel"}
    # an agent reads all of it at its start
    assert sum(len(tool.model_dump_json(exclude_none=True)) for tool in tools) < 22_000


def test_the_brief_is_a_tool_and_a_resource_and_there_is_a_prompt(asked):
    async def asks(client):
        brief = await call(client, "next")
        (resource,) = (await client.list_resources()).resources
        same = (await client.read_resource(resource.uri)).contents[0].text
        (prompt,) = (await client.list_prompts()).prompts
        text = (await client.get_prompt(prompt.name)).messages[0].content.text
        return brief, same, text

    brief, same, text = told(asked, asks)
    assert brief["next"][0] == "whet claim"
    assert brief["brief"] == same
    assert "I01 raise the speed" in same
    assert "claim an idea" in text


def test_errors_are_of_the_tool_and_have_a_hint(asked, tmp_path):
    async def wrong(client):
        return [
            await refusal(client, "claim", idea="I99"),
            await refusal(client, "submit", idea="I01", hypothesis="x"),
            await refusal(client, "wait", experiment="E01"),
            await refusal(client, "claim", predicted=[0.1], title="x"),
            await refusal(client, "search", words="fused"),
            await refusal(client, "wait"),
            await refusal(client, "wait", experiment="E01", seconds="soon"),
            await refusal(client, "log_experiment"),
            await refusal(client, "run_experiment"),
        ]

    said = told(asked, wrong)
    assert "there is no idea I99\nhint: whet ideas" in said[0]
    assert "I01 is not claimed\nhint: whet claim I01" in said[1]
    for text in said:
        assert "Traceback" not in text
    (tmp_path / "nowhere").mkdir()

    async def nowhere(client):
        return await refusal(client, "next")

    assert "hint: " in told(tmp_path / "nowhere", nowhere)


def test_two_servers_are_two_claimers_and_helpers_in_one_name_themselves(asked):
    async def claims(client):
        first = await call(client, "claim")
        again = await call(client, "claim", idea=first["idea"])
        helper = await call(client, "claim", helper="left")
        refused = await refusal(client, "claim", idea=first["idea"], helper="left")
        return first, again, helper, refused

    first, again, helper, refused = told(asked, claims)
    assert (first["idea"], helper["idea"]) == ("I01", "I02")
    assert (again["tree"], again["known"]) == (first["tree"], True)
    assert "I01 is claimed by one" in refused

    async def other(client):
        return await call(client, "claim")

    assert told(asked, other, by="two")["idea"] == "I03"


def test_lists_are_paged_and_answers_stay_small(asked):
    from whet.api import ideas
    from whet.api.running import RunOptions

    for number in range(19):
        ideas.add(asked, f"idea {number} " + "x" * 300, RunOptions(), mechanism="y" * 900)

    async def pages(client):
        first, second = await call(client, "ideas"), await call(client, "ideas", page=2)
        return first, second, await call(client, "next"), await call(client, "idea", idea="I05")

    first, second, brief, one = told(asked, pages)
    assert (len(first["ideas"]), first["total"], first["next_page"]) == (20, 22, 2)
    assert (len(second["ideas"]), second["next_page"]) == (2, None)
    for answer in (first, second, brief, one):
        assert len(json.dumps(answer)) < 9000


def test_the_queue_is_changed_and_a_note_says_through_whom_it_came(asked):
    async def changes(client):
        said = [
            await call(client, "add_idea", title="a fourth", mechanism="why", predicted=[0.1, 0.2]),
            await call(client, "move_idea", idea="I04", place=1),
            await call(client, "drop_idea", idea="I02", reason="no"),
            await call(client, "note", text="leave the parser alone"),
        ]
        return said, await call(client, "ideas")

    said, listed = told(asked, changes)
    assert [one["said"] for one in said] == [
        "I04 is queued", "I04 is number 1 in the queue", "I02 is out of the queue",
        "noted for ops",
    ]  # fmt: skip
    assert [one["id"] for one in listed["ideas"]] == ["I04", "I01", "I03"]
    (letter,) = asked.glob(".whet/campaigns/ops/inbox/*.txt")
    assert letter.read_text() == "(through one) leave the parser alone"


def test_a_client_that_gave_up_on_the_new_protocol_is_answered_in_the_old():
    new, old = (
        json.dumps({"jsonrpc": "2.0", "id": n, "method": m}).encode() + b"\n"
        for n, m in enumerate(("server/discover", "initialize"))
    )
    assert still_meant(new + old) == old
    assert still_meant(new) == new
    assert still_meant(old + new) == old + new
    assert still_meant(b"[1]\nno json\n") == b"[1]\nno json\n"


@pytest.mark.slow
def test_standard_output_holds_the_protocol_and_nothing_else_and_ends_with_the_input(asked):
    lines = [
        {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
            "protocolVersion": "2025-03-26", "capabilities": {},
            "clientInfo": {"name": "old", "version": "1"}}},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        "this is not JSON",
        {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {
            "name": "claim", "arguments": {}}},
    ]  # fmt: skip
    text = "".join((one if isinstance(one, str) else json.dumps(one)) + "\n" for one in lines)
    with subprocess.Popen(COMMAND, cwd=asked, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True) as process:  # fmt: skip
        process.stdin.write(text)
        process.stdin.flush()
        answers = {}
        while 2 not in answers:
            message = json.loads(process.stdout.readline())
            answers[message.get("id")] = message
        process.stdin.close()
        assert process.wait(120) == 0
        assert process.stdout.read() == ""
    assert answers[1]["result"]["protocolVersion"] == "2025-03-26"
    assert answers[2]["result"]["structuredContent"]["idea"] == "I01"


@pytest.mark.slow
def test_the_whole_way_over_standard_input_and_output(root):
    seen = []

    async def progress(count, total, message):
        seen.append((count, message))

    async def works(client):
        mine = await call(client, "init_experiment", name="raise it", metric_name="seconds")
        edit(mine, "speed", "120\n")
        answer = await client.call_tool(
            "run_experiment",
            {"description": "more", "command": "./bench.sh", "timeout_seconds": 300},
            progress_callback=progress,
        )  # fmt: skip
        verdict = answer.structured_content
        logged = await call(
            client,
            "log_experiment",
            metric=31415926.5,
            status="keep",
            asi={"next_action_hint": "try the memory", "speedup": "7654321 %"},
        )
        other = await call(client, "claim", title="lower the guard")
        edit(other, "memory", "90\n")
        sent = await call(client, "submit", idea=other["idea"], hypothesis="worse")
        polls = await asyncio.gather(
            *(call(client, "wait", experiment=sent["experiment"], seconds=300) for _ in range(6)),
            *(call(client, "status") for _ in range(6)),
        )
        return mine, verdict, logged, polls[0], (await call(client, "next"))["brief"]

    mine, verdict, logged, other, brief = spoken(root, works)
    assert "not used, whet has its own: metric_name" in mine["next"]
    assert (verdict["verdict"], verdict["in_stack"]) == ("kept", True)
    assert verdict["gain"] == pytest.approx(0.2, abs=0.03)
    assert "command" in verdict["remark"]
    assert (logged["gain"], logged["remark"]) == (
        verdict["gain"], "(not used, whet has its own: metric, status)"
    )  # fmt: skip
    assert other["verdict"] == "discarded"
    assert seen
    assert [count for count, _ in seen] == sorted(count for count, _ in seen)
    assert all("%" not in message for _, message in seen)
    # what it learnt is kept as its words, and read by nobody as a number
    (remark,) = events(root, "experiment.remarked")
    assert remark["text"] == "next_action_hint: try the memory; speedup: 7654321 %"
    assert "noted: next_action_hint: try the memory" in brief
    assert "7654321" not in json.dumps(events(root, "verdict.given"))
    assert "31415926" not in json.dumps(events(root, "verdict.given"))


@pytest.mark.slow
def test_a_wait_that_is_cancelled_ends_and_the_server_goes_on(root):
    async def works(client):
        mine = await call(client, "claim", title="raise it")
        edit(mine, "speed", "120\n")
        sent = await call(client, "submit", idea=mine["idea"], hypothesis="more")
        waiting = asyncio.create_task(call(client, "wait", experiment=sent["experiment"]))
        await call(client, "status")
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert waiting.cancelled()
        return await call(client, "wait", experiment=sent["experiment"], seconds=300)

    assert spoken(root, works)["verdict"] == "kept"
