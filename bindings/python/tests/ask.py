"""Run with an installed package and nothing else: asks the vectors in process, and of a daemon.

python ask.py vectors.tsv vectors.npl [nameplate.sock]
"""

import json
import sys
from pathlib import Path

import nameplate


def main(vectors: str, database: str, socket: str | None = None) -> None:
    subjects: list[nameplate.Database | nameplate.Client] = [
        nameplate.open(database),
        *([nameplate.Client(socket)] if socket else []),
    ]
    count = 0
    for line in Path(vectors).read_text(encoding="utf-8").split("\n"):
        world, command, address, expected = (*line.split("\t"), "", "", "")[:4]
        if world == "whole" and command == "lookup" and "\\x" not in address and expected != "invalid":
            for subject in subjects:
                assert subject.lookup(address).as_dict() == json.loads(expected)
                count += 1
    assert count > 300
    print(count, "answered by", Path(nameplate.__file__).parent)


main(*sys.argv[1:])
