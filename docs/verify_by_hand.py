#!/usr/bin/env python3
"""Checks seals, days and event proofs of an audit log archive without the program that made them.

  verify_by_hand.py seal  <vkey> <seal>                   the signature; prints what is signed
  verify_by_hand.py day   <vkey> <seal> <segment> ...     that these segments are what the seal says of its day
  verify_by_hand.py proof <vkey> <file.tlog-proof>        that one event is a line of a sealed day; prints it

A <vkey> is a public key of the archive as text, or a file with it. Ends with 0 if all holds and 1 if not. Needs Python 3.8
and the package `cryptography`. Formats: signed notes, checkpoints and tlog-proof of C2SP, Merkle trees of RFC 6962.
"""
import base64, hashlib, json, os, sys, zlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


class Bad(Exception):
    pass


def demand(holds, problem):
    if not holds:
        raise Bad(problem)


def sha256(data):
    return hashlib.sha256(data).digest()


def from_base64(text):
    data = base64.b64decode(text, validate=True)
    demand(base64.b64encode(data).decode() == text, "base64 has another spelling")
    return data


def open_note(note, vkey):
    """The lines that this key signed. One signature line is enough; those of other keys are passed over."""
    name, key_id, key = vkey.strip().split("+", 2)
    typed = from_base64(key)
    demand(len(typed) == 33 and typed[0] == 1, "the key is no Ed25519 key")
    demand(sha256(name.encode() + b"\n" + typed)[:4].hex() == key_id, "the key's id is not that of its name and bytes")
    demand(b"\r" not in note, "line endings were changed")
    text, middle, signatures = note.rpartition(b"\n\n")
    demand(middle and signatures.endswith(b"\n"), "this is no signed note")
    for line in signatures.decode()[:-1].split("\n"):
        mark, signer, signature = line.split(" ")
        demand(mark == "\u2014", "this is no signature line")
        if signer == name and from_base64(signature)[:4].hex() == key_id:
            Ed25519PublicKey.from_public_bytes(typed[1:]).verify(from_base64(signature)[4:], text + b"\n")
            return text.decode().split("\n")
    raise Bad("not signed by this key")


def open_checkpoint(note, vkey):
    lines = open_note(note, vkey)
    size, root = int(lines[1]), from_base64(lines[2])
    demand(str(size) == lines[1] and len(root) == 32, "the checkpoint has no size and root")
    return lines, size, root


def leaf(line):
    return sha256(b"\0" + line)


def node(left, right):
    return sha256(b"\1" + left + right)


def root_of(lines):
    subtrees = []  # one for each 1 in the binary form of the number of lines
    for number, line in enumerate(lines):
        top = leaf(line)
        while number & 1:
            top, number = node(subtrees.pop(), top), number >> 1
        subtrees.append(top)
    top = subtrees.pop() if subtrees else sha256(b"")
    while subtrees:
        top = node(subtrees.pop(), top)
    return top


def open_segment(data):
    """The manifest, its hash and the lines of a segment: one gzip member, with the manifest in its header."""
    manifest = data[16 : 16 + int.from_bytes(data[14:16], "little")]
    extra = b"AM" + data[14:16] + manifest + b"AH\x20\0" + sha256(manifest)
    head = bytes.fromhex("1f8b08040000000000ff") + len(extra).to_bytes(2, "little") + extra
    demand(data.startswith(head), "this is no segment, or its manifest was changed")
    gzip = zlib.decompressobj(31)
    content = gzip.decompress(data)
    demand(gzip.eof and not gzip.unused_data, "the file is cut, or something follows the gzip member")
    stated = json.loads(manifest)
    demand(sha256(data[len(head) : -8]).hex() == stated["deflated"], "the file is not the one of the manifest")
    lines = content.split(b"\n")
    demand(lines.pop() == b"" and len(lines) == stated["count"], "the number of lines is not that of the manifest")
    demand(sha256(content).hex() == stated["sha256"], "the lines are not those of the manifest")
    return stated, sha256(manifest).hex(), lines


def check_day(note, vkey, segments):
    sealed, size, root = open_checkpoint(note, vkey)
    workspace, day = sealed[0].split("/")[-2:]
    previous, lines = None, []
    for number, (stated, manifest_hash, more) in enumerate(map(open_segment, segments), 1):
        place = (stated["workspace"], stated["day"], stated["number"], stated["previous"])
        demand(place == (workspace, day, number, previous), f"segment {number} is of another place, or does not follow")
        previous = manifest_hash
        lines += more
    demand(f"segments {len(segments)} {previous or 'none'}" in sealed, "the last segment is not the one that was sealed")
    demand(len(lines) == size and root_of(lines) == root, "the events are not those that were sealed")
    return f"{size} events in {len(segments)} segments are those of {sealed[0]}"


def check_proof(proof, vkey):
    head, _, note = proof.partition(b"\n\n")
    sealed, size, root = open_checkpoint(note, vkey)
    first, extra, index, *path = head.decode().split("\n")
    demand(first == "c2sp.org/tlog-proof@v1", "this is no proof of an event")
    demand(extra.startswith("extra ") and index.startswith("index "), "the proof has no event or no index")
    line, at, last = from_base64(extra[6:]), int(index[6:]), size - 1
    demand(f"index {at}" == index and 0 <= at < size, "the index is not one of the day")
    top = leaf(line)
    for sibling in map(from_base64, path):  # RFC 9162, section 2.1.3.2
        demand(last > 0 and len(sibling) == 32, "the path is too long")
        if at & 1 or at == last:
            top = node(sibling, top)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            top = node(top, sibling)
        at, last = at >> 1, last >> 1
    demand(last == 0 and top == root, "the event is not a line of the sealed day")
    return f"a line of {sealed[0]}: {line.decode(errors='backslashreplace')}"


CHECKS = {
    "seal": lambda vkey, note: "\n".join(open_note(note, vkey)),
    "day": lambda vkey, note, *segments: check_day(note, vkey, segments),
    "proof": lambda vkey, proof: check_proof(proof, vkey),
}


def attempt(check, *what):
    """Whether a check holds, and what it says. What cannot be read does not hold."""
    try:
        return True, check(*what)
    except InvalidSignature:
        return False, "the signature is not by this key, or is of another text"
    except (Bad, ValueError, KeyError, TypeError, IndexError, zlib.error) as problem:
        return False, str(problem)


def read(path):
    with open(path, "rb") as file:
        return file.read()


if __name__ == "__main__":
    command, vkey, *paths = sys.argv[1:] if len(sys.argv) > 3 else ["help", ""]
    if command not in CHECKS:
        sys.exit(__doc__)
    if os.path.exists(vkey):
        vkey = read(vkey).decode()
    holds, said = attempt(CHECKS[command], vkey, *map(read, paths))
    print("OK " if holds else "BAD", said)
    sys.exit(0 if holds else 1)
