-- Who signed in from an address they never used before? Asked when credentials may be stolen. The source names no
-- countries: join a table of address ranges for those.
--
-- topic: Signing in
-- history day = start: the first UTC day that counts as the past
-- since instant = 30 days before until: the first moment that counts
-- until instant = end: the first moment that no longer counts
-- workspace workspace = '': gid of one workspace; empty for all
SELECT
  created_at,
  coalesce(actor_email, actor_name, actor_gid, actor_type) AS who,
  client_ip_address, user_agent,
  nth_address - 1 AS addresses_before,
  actor_gid, workspace, gid
FROM (
  SELECT *, row_number() OVER (PARTITION BY workspace, actor_type, coalesce(actor_gid, actor_email, actor_name) ORDER BY created_at, gid) AS nth_address
  FROM (
    SELECT
      created_at, actor_email, actor_name, actor_gid, actor_type, client_ip_address, user_agent, workspace, dt, gid,
      row_number() OVER (
        PARTITION BY workspace, actor_type, coalesce(actor_gid, actor_email, actor_name), client_ip_address ORDER BY created_at, gid
      ) AS nth_sign_in
    FROM events
    WHERE dt >= :history AND dt < :until
      AND coalesce(created_at < CAST(:until AS timestamp(3)), true)
      AND :workspace IN ('', workspace)
      AND event_type = 'user_login_succeeded'
      AND coalesce(actor_gid, actor_email, actor_name) IS NOT NULL
      AND client_ip_address IS NOT NULL
  ) AS sign_ins
  WHERE nth_sign_in = 1
) AS first_uses
WHERE dt >= substr(:since, 1, 10)
  AND coalesce(created_at >= CAST(:since AS timestamp(3)), true)
ORDER BY created_at, gid
