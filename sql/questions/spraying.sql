-- Which address failed to sign in to many accounts? Asked to find one password tried on everybody.
--
-- topic: Signing in
-- since instant = 30 days before until: the first moment that counts
-- until instant = end: the first moment that no longer counts
-- workspace workspace = '': gid of one workspace; empty for all
-- at_least count 1..1000000 = 5: accounts from which on an address is listed
SELECT *
FROM (
  SELECT
    client_ip_address,
    count(DISTINCT coalesce(
      CASE WHEN coalesce(resource_type, 'user') = 'user' THEN coalesce(resource_gid, lower(resource_email), resource_name) END,
      actor_gid, lower(actor_email), actor_name
    )) AS accounts,
    count(*) AS failures,
    min(created_at) AS first_at,
    max(created_at) AS last_at,
    workspace
  FROM events
  WHERE dt >= substr(:since, 1, 10) AND dt < :until
    AND coalesce(created_at >= CAST(:since AS timestamp(3)) AND created_at < CAST(:until AS timestamp(3)), true)
    AND :workspace IN ('', workspace)
    AND event_type = 'user_login_failed'
    AND client_ip_address IS NOT NULL
  GROUP BY workspace, client_ip_address
) AS counted
WHERE accounts >= CAST(:at_least AS integer)
ORDER BY accounts DESC, failures DESC, client_ip_address, workspace
