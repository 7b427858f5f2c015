-- Which events have no readable time or lie in the future? Asked by whoever keeps the archive: it should be empty.
--
-- topic: The record itself
-- today day = last: the UTC day after which is the future
-- workspace workspace = '': gid of one workspace; empty for all
SELECT dt, created_at_text, event_type, gid, path, line, workspace
FROM events
WHERE (dt = '2021-10-07' OR dt > :today)
  AND :workspace IN ('', workspace)
ORDER BY dt, path, line
