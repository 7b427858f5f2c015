-- What was done to this person's account, and by whom? Asked when a user says that they did not do this.
--
-- topic: One person, one thing, one moment
-- since day = 30 days before until: the first UTC day
-- until day = end: the day after the last
-- workspace workspace = '': gid of one workspace; empty for all
-- person person: gid or address of the person
SELECT
  created_at,
  coalesce(actor_email, actor_name, actor_gid, actor_type) AS who,
  event_type, old_value, new_value, client_ip_address,
  actor_gid, workspace, gid
FROM events
WHERE dt >= :since AND dt < :until
  AND :workspace IN ('', workspace)
  AND resource_type = 'user'
  AND lower(:person) IN (resource_gid, lower(resource_email))
  AND coalesce(actor_gid, '') <> coalesce(resource_gid, 'unknown')
ORDER BY created_at, gid
