-- Where did many sign-ins in a row fail for one account, and did one succeed afterwards? Asked to find guessed
-- passwords.
--
-- topic: Signing in
-- since day = 30 days ago: the first UTC day
-- until day = open: the day after the last
-- workspace text = '': gid of one workspace; empty for all
-- at_least count = 5: failures in a row
SELECT *
FROM (
  SELECT
    max(account) AS account,
    count(*) AS failures,
    count(DISTINCT client_ip_address) AS addresses,
    min(created_at) AS first_at,
    max(created_at) AS last_at,
    max(next_success_at) AS next_success_at,
    account_gid, workspace
  FROM (
    SELECT
      workspace, account_gid, account, event_type, created_at, client_ip_address,
      row_number() OVER (PARTITION BY workspace, account_gid ORDER BY created_at, gid)
        - row_number() OVER (PARTITION BY workspace, account_gid, event_type ORDER BY created_at, gid) AS series,
      min(CASE WHEN event_type = 'user_login_succeeded' THEN created_at END) OVER (
        PARTITION BY workspace, account_gid ORDER BY created_at, gid ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING
      ) AS next_success_at
    FROM (
      SELECT
        workspace, event_type, created_at, client_ip_address, gid,
        coalesce(resource_gid, actor_gid) AS account_gid,
        coalesce(resource_email, actor_email, resource_name, actor_name) AS account
      FROM events
      WHERE dt >= :since AND dt < :until
        AND :workspace IN ('', workspace)
        AND event_type IN ('user_login_succeeded', 'user_login_failed')
    ) AS tries
  ) AS in_order
  WHERE event_type = 'user_login_failed'
  GROUP BY workspace, account_gid, series
) AS counted
WHERE failures >= CAST(:at_least AS integer)
ORDER BY failures DESC, first_at, workspace, account_gid
