"""Says of each mail on a line of standard input whether dkimpy takes its first signature for valid."""

import base64
import json
import sys

import dkim

for line in sys.stdin:
    question = json.loads(line)

    def look_up(name, timeout=5):
        records = question["keys"].get(name.decode().rstrip("."))
        return records[0].encode() if records else None

    try:
        valid = dkim.verify(base64.b64decode(question["mail"]), dnsfunc=look_up)
    except Exception:  # It raises for what it cannot read.
        valid = False
    print("true" if valid else "false", flush=True)
