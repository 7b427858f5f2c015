-- What happened to this project, task, team or other thing, and who did it? Asked when something is gone, or is
-- suddenly visible to others.
--
-- topic: One person, one thing, one moment
-- since day = 30 days before until: the first UTC day
-- until day = end: the day after the last
-- workspace workspace = '': gid of one workspace; empty for all
-- resource resource: gid of the thing, from its address in Asana
SELECT
  created_at,
  coalesce(actor_email, actor_name, actor_gid, actor_type) AS who,
  event_type, resource_type, resource_name, old_value, new_value, client_ip_address,
  actor_gid, workspace, gid
FROM events
WHERE dt >= :since AND dt < :until
  AND :workspace IN ('', workspace)
  AND resource_gid = :resource
ORDER BY created_at, gid
