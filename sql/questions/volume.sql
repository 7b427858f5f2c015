-- How many events of each category are there on each day? Asked to see the shape of a period, and of the archive.
--
-- topic: The record itself
-- since instant = 30 days before until: the first moment that counts
-- until instant = end: the first moment that no longer counts
-- workspace workspace = '': gid of one workspace; empty for all
SELECT
  dt,
  event_category,
  count(*) AS events,
  count(DISTINCT coalesce(actor_gid, actor_email, actor_name)) AS people,
  workspace
FROM events
WHERE dt >= substr(:since, 1, 10) AND dt < :until
  AND coalesce(created_at >= CAST(:since AS timestamp(3)) AND created_at < CAST(:until AS timestamp(3)), true)
  AND :workspace IN ('', workspace)
GROUP BY workspace, dt, event_category
ORDER BY dt, event_category, workspace
