-- Which event stands in the logs of two days? Asked by whoever keeps the archive: it must be empty (invariant I2).
--
-- topic: The record itself
-- since day = start: the first UTC day
-- until day = end: the day after the last
-- workspace workspace = '': gid of one workspace; empty for all
SELECT
  gid,
  count(*) AS copies,
  min(path) AS first_path,
  max(path) AS last_path,
  workspace
FROM events
WHERE dt >= :since AND dt < :until
  AND :workspace IN ('', workspace)
  AND gid IS NOT NULL
GROUP BY workspace, gid
HAVING count(*) > 1
ORDER BY workspace, gid
