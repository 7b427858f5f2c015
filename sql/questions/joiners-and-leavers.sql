-- Who was invited, deprovisioned or brought back, and by whom? Asked to compare with the list of the personnel
-- department.
--
-- topic: People
-- since instant = 30 days before until: the first moment that counts
-- until instant = end: the first moment that no longer counts
-- workspace workspace = '': gid of one workspace; empty for all
SELECT
  created_at,
  coalesce(actor_email, actor_name, actor_gid, actor_type) AS who,
  event_type, coalesce(resource_email, resource_name, resource_gid) AS whose, client_ip_address, api_authentication_method,
  actor_gid, workspace, gid
FROM events
WHERE dt >= substr(:since, 1, 10) AND dt < :until
  AND coalesce(created_at >= CAST(:since AS timestamp(3)) AND created_at < CAST(:until AS timestamp(3)), true)
  AND :workspace IN ('', workspace)
  AND event_type IN (
    'user_invited', 'user_deprovisioned', 'user_reprovisioned', 'user_csv_import_started',
    'domain_user_billing_paused', 'domain_user_billing_unpaused'
  )
ORDER BY created_at, gid
