-- What did Asana's support, Asana itself, administrators from outside or nobody in particular do here? Asked whenever
-- a customer or a regulator wants proof of third-party access.
--
-- topic: Power and policy
-- since instant = 30 days before until: the first moment that counts
-- until instant = end: the first moment that no longer counts
-- workspace workspace = '': gid of one workspace; empty for all
SELECT
  created_at,
  coalesce(actor_email, actor_name, actor_gid, actor_type) AS who,
  actor_type, context_type, event_type, resource_type, resource_name, client_ip_address,
  actor_gid, workspace, gid
FROM events
WHERE dt >= substr(:since, 1, 10) AND dt < :until
  AND coalesce(created_at >= CAST(:since AS timestamp(3)) AND created_at < CAST(:until AS timestamp(3)), true)
  AND :workspace IN ('', workspace)
  AND (coalesce(actor_type, '') <> 'user' OR context_type = 'asana_support')
ORDER BY created_at, gid
