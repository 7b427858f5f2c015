-- What was deleted and not brought back? Asked while Asana can still restore it (30 days).
--
-- topic: What was deleted
-- since day = 30 days before until: the first UTC day
-- until day = end: the day after the last
-- as_of instant = end: the moment whose state is asked for; events after it are not looked at
-- workspace workspace = '': gid of one workspace; empty for all
-- kind kind = '': project, task, portfolio, team and so on; empty for all
SELECT
  created_at,
  coalesce(actor_email, actor_name, actor_gid, actor_type) AS who,
  event_type, resource_type, resource_name, resource_gid,
  actor_gid, workspace, gid
FROM (
  SELECT *, row_number() OVER (
    PARTITION BY workspace, resource_gid, CASE WHEN resource_gid IS NULL THEN line END ORDER BY created_at DESC, gid DESC
  ) AS nth_last_asked
  FROM (
    -- Without a gid nothing says which thing it is: each such deletion stands for itself.
    SELECT *, first_value(event_type) OVER (
      PARTITION BY workspace, resource_gid, CASE WHEN resource_gid IS NULL THEN line END ORDER BY created_at DESC, gid DESC
    ) AS last_type
    FROM events
    WHERE dt >= :since
      AND dt <= substr(:as_of, 1, 10)
      AND created_at < CAST(:as_of AS timestamp(3))
      AND :workspace IN ('', workspace)
      AND (event_category = 'deletion' OR strpos(event_type, '_undeleted') > 0)
      AND :kind IN ('', resource_type)
  ) AS deletions
  WHERE dt < :until
    AND strpos(coalesce(event_type, ''), '_undeleted') = 0
    AND strpos(coalesce(last_type, ''), '_undeleted') = 0
) AS gone
WHERE nth_last_asked = 1
ORDER BY created_at, gid
