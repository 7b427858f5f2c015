-- Who changed from which addresses Asana may be used? Asked after an unexplained sign-in from outside.
--
-- topic: Power and policy
-- since day = 30 days before until: the first UTC day
-- until day = end: the day after the last
-- workspace workspace = '': gid of one workspace; empty for all
SELECT
  created_at,
  coalesce(actor_email, actor_name, actor_gid, actor_type) AS who,
  event_type, old_value, new_value, details, client_ip_address,
  actor_gid, workspace, gid
FROM events
WHERE dt >= :since AND dt < :until
  AND :workspace IN ('', workspace)
  AND (strpos(event_type, 'allowed_ip_range') > 0 OR strpos(event_type, 'ip_allowlist') > 0)
ORDER BY created_at, gid
