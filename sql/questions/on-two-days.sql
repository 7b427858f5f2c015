-- Which event stands in the logs of two days? Asked by whoever keeps the archive: it must be empty (invariant I2).
--
-- topic: The record itself
-- since instant = start: the first moment that counts
-- until instant = end: the first moment that no longer counts
-- workspace workspace = '': gid of one workspace; empty for all
SELECT
  gid,
  count(*) AS copies,
  min(path) AS first_path,
  max(path) AS last_path,
  workspace
FROM events
WHERE dt >= substr(:since, 1, 10) AND dt < :until
  AND coalesce(created_at >= CAST(:since AS timestamp(3)) AND created_at < CAST(:until AS timestamp(3)), true)
  AND :workspace IN ('', workspace)
  AND gid IS NOT NULL
  -- This changes no answer. Nearly no gid is there twice, and to group by gid alone takes a quarter of the time.
  AND gid IN (
    SELECT gid FROM events
    WHERE dt >= substr(:since, 1, 10) AND dt < :until AND :workspace IN ('', workspace)
    GROUP BY gid HAVING count(*) > 1
  )
GROUP BY workspace, gid
HAVING count(*) > 1
ORDER BY workspace, gid
