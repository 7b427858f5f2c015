"""Checks many seals and proofs with docs/verify_by_hand.py: reads JSON objects, a line each, and answers a line each."""
import json, os, sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../docs"))
sys.dont_write_bytecode = True
from verify_by_hand import attempt, check_proof, demand, from_base64, open_checkpoint, root_of


def check(case):
    if "proof" in case:
        return check_proof(from_base64(case["proof"]), case["key"])
    _, size, root = open_checkpoint(from_base64(case["note"]), case["key"])
    lines = [from_base64(line) for line in case["lines"]]
    demand(len(lines) == size and root_of(lines) == root, "the lines are not those sealed")


for case in map(json.loads, sys.stdin):
    holds, said = attempt(check, case)
    print(case["name"], "ok" if holds else f"fail: {said}")
