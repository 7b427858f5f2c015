-- Who was given or lost access to projects, teams and portfolios, and by whom? Asked in access reviews, for one thing
-- or for all.
--
-- topic: Power and policy
-- since day = 30 days before until: the first UTC day
-- until day = end: the day after the last
-- workspace workspace = '': gid of one workspace; empty for all
-- resource resource = '': gid of one project, team or portfolio; empty for all
SELECT
  created_at,
  coalesce(actor_email, actor_name, actor_gid, actor_type) AS who,
  event_type, resource_type, resource_name, resource_gid, details,
  actor_gid, workspace, gid
FROM events
WHERE dt >= :since AND dt < :until
  AND :workspace IN ('', workspace)
  AND strpos(event_type, '_member_') > 0
  AND :resource IN ('', resource_gid)
ORDER BY created_at, gid
