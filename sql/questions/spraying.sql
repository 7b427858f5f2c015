-- Which address failed to sign in to many accounts? Asked to find one password tried on everybody.
--
-- topic: Signing in
-- since day = 30 days ago: the first UTC day
-- until day = open: the day after the last
-- workspace text = '': gid of one workspace; empty for all
-- at_least count = 5: accounts from which on an address is listed
SELECT *
FROM (
  SELECT
    client_ip_address,
    count(DISTINCT coalesce(resource_gid, actor_gid)) AS accounts,
    count(*) AS failures,
    min(created_at) AS first_at,
    max(created_at) AS last_at,
    workspace
  FROM events
  WHERE dt >= :since AND dt < :until
    AND :workspace IN ('', workspace)
    AND event_type = 'user_login_failed'
    AND client_ip_address IS NOT NULL
  GROUP BY workspace, client_ip_address
) AS counted
WHERE accounts >= CAST(:at_least AS integer)
ORDER BY accounts DESC, failures DESC, client_ip_address, workspace
