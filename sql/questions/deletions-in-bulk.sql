-- Who deleted many things within an hour? Asked when work has vanished, to tell an accident from revenge.
--
-- topic: What was deleted
-- since day = 30 days ago: the first UTC day
-- until day = open: the day after the last
-- workspace text = '': gid of one workspace; empty for all
-- at_least count = 20: deletions in an hour from which on somebody is listed
SELECT *
FROM (
  SELECT
    date_trunc('hour', created_at) AS hour_start,
    max(coalesce(actor_email, actor_name, actor_gid, actor_type)) AS who,
    resource_type,
    count(*) AS deletions,
    count(DISTINCT resource_gid) AS things,
    min(created_at) AS first_at,
    max(created_at) AS last_at,
    actor_gid, workspace
  FROM events
  WHERE dt >= :since AND dt < :until
    AND :workspace IN ('', workspace)
    AND event_category = 'deletion'
    AND strpos(event_type, '_undeleted') = 0
  GROUP BY workspace, actor_gid, resource_type, date_trunc('hour', created_at)
) AS counted
WHERE deletions >= CAST(:at_least AS integer)
ORDER BY deletions DESC, hour_start, workspace, actor_gid, resource_type
