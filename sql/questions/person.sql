-- What did this person do, all of it, in order? Asked when an account is suspected, or an employee under
-- investigation.
--
-- topic: One person, one thing, one moment
-- since instant = 30 days before until: the first moment that counts
-- until instant = end: the first moment that no longer counts
-- workspace workspace = '': gid of one workspace; empty for all
-- actor person: gid or address of the person
SELECT
  created_at,
  coalesce(actor_email, actor_name, actor_gid, actor_type) AS who,
  event_type, resource_type, resource_name, resource_gid, old_value, new_value, client_ip_address, context_type,
  actor_gid, workspace, gid
FROM events
WHERE dt >= substr(:since, 1, 10) AND dt < :until
  AND coalesce(created_at >= CAST(:since AS timestamp(3)) AND created_at < CAST(:until AS timestamp(3)), true)
  AND :workspace IN ('', workspace)
  AND lower(:actor) IN (actor_gid, lower(actor_email))
ORDER BY created_at, gid
