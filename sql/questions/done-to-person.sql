-- What was done to this person's account, and by whom? Asked when a user says that they did not do this.
--
-- topic: One person, one thing, one moment
-- since instant = 30 days before until: the first moment that counts
-- until instant = end: the first moment that no longer counts
-- workspace workspace = '': gid of one workspace; empty for all
-- person person: gid or address of the person
SELECT
  created_at,
  coalesce(actor_email, actor_name, actor_gid, actor_type) AS who,
  event_type, old_value, new_value, client_ip_address,
  actor_gid, workspace, gid
FROM events
WHERE dt >= substr(:since, 1, 10) AND dt < :until
  AND coalesce(created_at >= CAST(:since AS timestamp(3)) AND created_at < CAST(:until AS timestamp(3)), true)
  AND :workspace IN ('', workspace)
  AND resource_type = 'user'
  AND lower(:person) IN (resource_gid, lower(resource_email))
  AND coalesce(actor_gid, '') <> coalesce(resource_gid, 'unknown')
ORDER BY created_at, gid
