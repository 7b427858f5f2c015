-- What was deleted and not brought back? Asked while Asana can still restore it (30 days).
--
-- topic: What was deleted
-- since day = 30 days ago: the first UTC day
-- until day = open: the day after the last
-- workspace text = '': gid of one workspace; empty for all
-- kind text = 'project': project, task, portfolio, team and so on; empty for all
SELECT
  created_at,
  coalesce(actor_email, actor_name, actor_gid, actor_type) AS who,
  event_type, resource_type, resource_name, resource_gid,
  actor_gid, workspace, gid
FROM (
  SELECT *, row_number() OVER (PARTITION BY workspace, resource_gid ORDER BY created_at DESC, gid DESC) AS nth_last
  FROM events
  WHERE dt >= :since AND dt < :until
    AND :workspace IN ('', workspace)
    AND event_category = 'deletion'
    AND :kind IN ('', resource_type)
) AS deletions
WHERE nth_last = 1
  AND strpos(event_type, '_undeleted') = 0
ORDER BY created_at, gid
