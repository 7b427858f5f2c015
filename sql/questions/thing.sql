-- What happened to this project, task, team or other thing, and who did it? Asked when something is gone, or is
-- suddenly visible to others.
--
-- topic: One person, one thing, one moment
-- since instant = 30 days before until: the first moment that counts
-- until instant = end: the first moment that no longer counts
-- workspace workspace = '': gid of one workspace; empty for all
-- resource resource: gid of the thing, from its address in Asana
SELECT
  created_at,
  coalesce(actor_email, actor_name, actor_gid, actor_type) AS who,
  event_type, resource_type, resource_name, old_value, new_value, client_ip_address,
  actor_gid, workspace, gid
FROM events
WHERE dt >= substr(:since, 1, 10) AND dt < :until
  AND coalesce(created_at >= CAST(:since AS timestamp(3)) AND created_at < CAST(:until AS timestamp(3)), true)
  AND :workspace IN ('', workspace)
  AND resource_gid = :resource
ORDER BY created_at, gid
