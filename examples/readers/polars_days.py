"""Events by day and type, with Polars: python3 polars_days.py <folder of the archive>"""
import glob
import gzip
import sys

import polars

# Only the columns that are named here are read: scan_ndjson would infer a schema from the first events, and fail at later ones.
wanted = polars.Struct({"created_at": polars.String, "event_type": polars.String})
paths = sorted(glob.glob(f"{sys.argv[1]}/events/workspace=*/dt=*/*.ndjson.gz"))
lines = [line for path in paths for line in gzip.open(path, "rt", encoding="utf-8", errors="replace", newline="\n")]
events = polars.DataFrame({"line": lines}).select(polars.col("line").str.json_decode(wanted).struct.unnest())
counts = (
    events.with_columns(dt=polars.col("created_at").str.head(10)).group_by("dt", "event_type").len().sort("dt", "event_type")
)
for row in counts.iter_rows():
    print(*row)
