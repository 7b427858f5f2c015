-- Where was two-factor sign-in turned on or off, for one account or for all? Asked in every access review.
--
-- topic: Power and policy
-- since day = 30 days before until: the first UTC day
-- until day = end: the day after the last
-- workspace workspace = '': gid of one workspace; empty for all
SELECT
  created_at,
  coalesce(actor_email, actor_name, actor_gid, actor_type) AS who,
  event_type, coalesce(resource_email, resource_name, resource_gid) AS whose, client_ip_address,
  actor_gid, workspace, gid
FROM events
WHERE dt >= :since AND dt < :until
  AND :workspace IN ('', workspace)
  AND strpos(event_type, 'two_factor_auth') > 0
ORDER BY created_at, gid
