-- Who signed in by another method than the one everybody must use? Asked to show that single sign-on is in force.
--
-- topic: Signing in
-- since instant = 30 days before until: the first moment that counts
-- until instant = end: the first moment that no longer counts
-- workspace workspace = '': gid of one workspace; empty for all
-- method method = 'SAML': the method that is expected
SELECT
  created_at,
  coalesce(actor_email, actor_name, actor_gid, actor_type) AS who,
  json_format(json_extract(details, '$.method')) AS method, client_ip_address, context_type,
  actor_gid, workspace, gid
FROM events
WHERE dt >= substr(:since, 1, 10) AND dt < :until
  AND coalesce(created_at >= CAST(:since AS timestamp(3)) AND created_at < CAST(:until AS timestamp(3)), true)
  AND :workspace IN ('', workspace)
  AND event_type = 'user_login_succeeded'
  AND strpos(lower(coalesce(json_format(json_extract(details, '$.method')), '')), '"' || lower(:method) || '"') = 0
ORDER BY created_at, gid
