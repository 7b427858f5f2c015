-- How many events of each category are there on each day? Asked to see the shape of a period, and of the archive.
--
-- topic: The record itself
-- since day = 30 days before until: the first UTC day
-- until day = end: the day after the last
-- workspace workspace = '': gid of one workspace; empty for all
SELECT
  dt,
  event_category,
  count(*) AS events,
  count(DISTINCT coalesce(actor_gid, actor_email, actor_name)) AS people,
  workspace
FROM events
WHERE dt >= :since AND dt < :until
  AND :workspace IN ('', workspace)
GROUP BY workspace, dt, event_category
ORDER BY dt, event_category, workspace
