-- Who was given or lost access to projects, teams and portfolios, and by whom? Asked in access reviews, for one thing
-- or for all.
--
-- topic: Power and policy
-- since instant = 30 days before until: the first moment that counts
-- until instant = end: the first moment that no longer counts
-- workspace workspace = '': gid of one workspace; empty for all
-- resource resource = '': gid of one project, team or portfolio; empty for all
SELECT
  created_at,
  coalesce(actor_email, actor_name, actor_gid, actor_type) AS who,
  event_type, resource_type, resource_name, resource_gid, details,
  actor_gid, workspace, gid
FROM events
WHERE dt >= substr(:since, 1, 10) AND dt < :until
  AND coalesce(created_at >= CAST(:since AS timestamp(3)) AND created_at < CAST(:until AS timestamp(3)), true)
  AND :workspace IN ('', workspace)
  AND strpos(event_type, '_member_') > 0
  AND :resource IN ('', resource_gid)
ORDER BY created_at, gid
