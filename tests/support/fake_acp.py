"""An ACP agent that behaves as its first argument says; a process of its own, standard library."""

import json
import sys
from pathlib import Path

MODE = sys.argv[1]


def send(**message):
    sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
    sys.stdout.flush()


def update(**update):
    send(method="session/update", params={"sessionId": "s1", "update": update})


def say(text):
    update(sessionUpdate="agent_message_chunk", content={"type": "text", "text": text})


def asks(_):
    options = [{"optionId": "y", "kind": "allow_once", "name": "Yes"},
               {"optionId": "n", "kind": "reject_once", "name": "No"}]  # fmt: skip
    call = {"toolCallId": "t1", "title": "write slow.py"}
    params = {"sessionId": "s1", "toolCall": call, "options": options}
    send(id=900, method="session/request_permission", params=params)
    answer = json.loads(sys.stdin.readline())
    if answer["result"]["outcome"].get("optionId") == "y":
        Path("slow.py").write_text("fast\n")


def wants(_):
    send(id=901, method="fs/read_text_file", params={"path": "slow.py"})
    say(json.loads(sys.stdin.readline())["error"]["message"])


def junk(_):
    sys.stdout.write("hello, I am a banner\n[1, 2]\n\xff\n")
    update(sessionUpdate="brand_new_kind", anything=1)


def dies(_):
    sys.stderr.write("out of memory\n")
    sys.exit(3)


def refuses(number):
    send(id=number, error={"code": -32000, "message": "Authentication required"})
    return True


def waits(number):
    say("working")
    for line in sys.stdin:
        if json.loads(line).get("method") == "session/cancel":
            break
    send(id=number, result={"stopReason": "cancelled"})
    return True


def deaf(_):
    for _ in sys.stdin:
        pass
    return True


HABITS = {
    "asks": asks, "wants": wants, "junk": junk, "dies": dies, "refuses": refuses, "waits": waits,
    "deaf": deaf, "large": lambda _: say("y" * 10_000_000),
    "stderr": lambda _: sys.stderr.write("x" * 300_000) and None,
}  # fmt: skip


def prompt(number):
    if HABITS.get(MODE, lambda _: None)(number):
        return
    say("done")
    send(id=number, result={"stopReason": "max_tokens" if MODE == "limit" else "end_turn"})


for line in sys.stdin:
    asked = json.loads(line)
    if asked.get("method") == "initialize":
        offered = asked["params"]["clientCapabilities"]
        assert not any([*offered["fs"].values(), offered["terminal"]])
        send(id=asked["id"], result={"protocolVersion": 1, "agentCapabilities": {}})
    elif asked.get("method") == "session/new":
        send(id=asked["id"], result={"sessionId": "s1"})
    elif asked.get("method") == "session/prompt":
        prompt(asked["id"])
