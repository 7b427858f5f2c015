-- Which service accounts, tokens and apps act through the API, how much, and from where? Asked to find integrations
-- that nobody remembers.
--
-- topic: Programs that act
-- since instant = 30 days before until: the first moment that counts
-- until instant = end: the first moment that no longer counts
-- workspace workspace = '': gid of one workspace; empty for all
SELECT
  api_authentication_method,
  oauth_app_name,
  coalesce(
    max_by(coalesce(actor_email, actor_name), CASE WHEN coalesce(actor_email, actor_name) IS NOT NULL THEN created_at_text || coalesce(gid, '') END),
    actor_gid, actor_type
  ) AS who,
  count(*) AS events,
  count(DISTINCT event_type) AS event_types,
  count(DISTINCT client_ip_address) AS addresses,
  min(created_at) AS first_at,
  max(created_at) AS last_at,
  actor_type, actor_gid, workspace
FROM events
WHERE dt >= substr(:since, 1, 10) AND dt < :until
  AND coalesce(created_at >= CAST(:since AS timestamp(3)) AND created_at < CAST(:until AS timestamp(3)), true)
  AND :workspace IN ('', workspace)
  AND (context_type = 'api' OR api_authentication_method IS NOT NULL)
GROUP BY
  workspace, api_authentication_method, oauth_app_name,
  actor_type, actor_gid, CASE WHEN actor_gid IS NULL THEN coalesce(actor_email, actor_name) END
ORDER BY events DESC, workspace, api_authentication_method, oauth_app_name, actor_type, actor_gid, who
