"""Events by day and type, with ClickHouse inside of this process (chdb): python3 clickhouse_days.py <folder of the archive>

A ClickHouse server takes the same query, with s3('https://<bucket>.s3.<region>.amazonaws.com/events/**/*.ndjson.gz', ...) for file(...).
"""
import sys

import chdb

# LineAsString reads each line as it is; JSONEachRow would infer columns, which differ from event to event. ClickHouse refuses JSON
# that escapes half a surrogate pair, which an archived event may hold: all escapes of surrogates are taken out first.
answer = chdb.query(
    rf"""
    SELECT substring(JSONExtractString(json, 'created_at'), 1, 10) AS dt, JSONExtractString(json, 'event_type') AS event_type, count()
    FROM (SELECT replaceRegexpAll(line, '\\\\u[dD][89a-fA-F][0-9a-fA-F]{{2}}', '') AS json
          FROM file('{sys.argv[1]}/events/**/*.ndjson.gz', 'LineAsString', 'line String'))
    GROUP BY dt, event_type ORDER BY dt, event_type
    """,
    "CSV",
)
for row in str(answer).splitlines():
    print(row.replace('"', "").replace(",", " "))
