-- What did Asana's support, Asana itself, administrators from outside or nobody in particular do here? Asked whenever
-- a customer or a regulator wants proof of third-party access.
--
-- topic: Power and policy
-- since day = 30 days before until: the first UTC day
-- until day = end: the day after the last
-- workspace workspace = '': gid of one workspace; empty for all
SELECT
  created_at,
  coalesce(actor_email, actor_name, actor_gid, actor_type) AS who,
  actor_type, context_type, event_type, resource_type, resource_name, client_ip_address,
  actor_gid, workspace, gid
FROM events
WHERE dt >= :since AND dt < :until
  AND :workspace IN ('', workspace)
  AND (coalesce(actor_type, '') <> 'user' OR context_type = 'asana_support')
ORDER BY created_at, gid
