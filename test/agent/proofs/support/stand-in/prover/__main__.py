"""Stands in for the prover where its process is the subject, not its arithmetic: answers with digests of
what it was asked, or fails in the way that the first byte of the seed names. It notes all that it was
given in the folder of its caches, so that a test can look for secrets in it."""

import hashlib
import json
import os
import sys

FOLDER = os.path.dirname(os.environ["PYTHONPYCACHEPREFIX"])


def note(kind, value):
    with open(os.path.join(FOLDER, "notes.jsonl"), "a", encoding="utf8") as notes:
        notes.write(json.dumps({"kind": kind, "value": value, "pid": os.getpid()}) + "\n")


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


def begin(request):
    how = request["seed"][:2]
    if how == "01":
        sys.stderr.write("a line before\nout of memory\n")
        sys.exit(3)
    if how == "02":
        print("this is no JSON", flush=True)
        return None
    if how == "03":
        return None
    if how == "04":
        return {"ok": False, "error": "the engine is wrong"}
    if how == "05":
        return {"ok": True, "roots": ["not hex"]}
    roots = [digest(f"{request['seed']} {t}") for t in range(request["params"]["R"])]
    return {"ok": True, "roots": roots, "pid": os.getpid()}


def write_opening(request):
    opening = bytes.fromhex(digest(request["sample_seed"])) * 5
    if request["sample_seed"].startswith("06"):
        return {"ok": True, "bytes": len(opening)}
    with open(request["path"], "wb") as file:
        file.write(opening)
    return {"ok": True, "bytes": len(opening)}


def answer(request):
    match request["op"]:
        case "begin":
            return begin(request)
        case "walk":
            return {"ok": True, "lane_root": digest(request["walk_seed"])}
        case "open":
            return write_opening(request)
        case "self_test":
            return {"ok": True, "backend": "stand-in", "device": str(os.getpid())}
        case _:
            return {"ok": True}


note("argv", sys.argv)
note("environment", dict(os.environ))
note("niceness", os.nice(0))
for line in sys.stdin:
    note("line", line)
    document = json.loads(line)
    said = answer(document)
    if said is not None:
        print(json.dumps({"id": document["id"], **said}), flush=True)
note("end", "its standard input closed")
