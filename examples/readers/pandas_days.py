"""Events by day and type, with pandas: python3 pandas_days.py <folder of the archive>"""
import glob
import gzip
import json
import sys

import pandas

# One line is one JSON text. pandas.read_json would guess types: ids would become numbers, and large numbers would be rounded.
paths = sorted(glob.glob(f"{sys.argv[1]}/events/workspace=*/dt=*/*.ndjson.gz"))
lines = (line for path in paths for line in gzip.open(path, "rt", encoding="utf-8", errors="replace", newline="\n"))
events = pandas.DataFrame(json.loads(line) for line in lines)[["gid", "created_at", "event_type"]]
events["dt"] = events["created_at"].str[:10]
counts = events.groupby(["dt", "event_type"]).size()
for (dt, event_type), count in counts.items():
    print(dt, event_type, count)
