-- Where did many sign-ins in a row fail for one account, and did one succeed afterwards? Asked to find guessed
-- passwords.
--
-- topic: Signing in
-- since instant = 30 days before until: the first moment that counts
-- until instant = end: a row of failures that begins at or after this does not count
-- as_of instant = end: the moment whose state is asked for; events after it are not looked at
-- workspace workspace = '': gid of one workspace; empty for all
-- at_least count 1..1000000 = 5: failures in a row
SELECT account, failures, addresses, first_at, last_at, next_success_at, account_gid, workspace
FROM (
  SELECT
    max_by(account, CASE WHEN account IS NOT NULL THEN created_at_text || coalesce(gid, '') END) AS account,
    count(*) AS failures,
    count(DISTINCT client_ip_address) AS addresses,
    min(created_at) AS first_at,
    max(created_at) AS last_at,
    max(next_success_at) AS next_success_at,
    account_gid, workspace
  FROM (
    SELECT
      *,
      row_number() OVER (PARTITION BY workspace, account_gid, nameless ORDER BY created_at, gid)
        - row_number() OVER (PARTITION BY workspace, account_gid, nameless, event_type ORDER BY created_at, gid) AS series,
      min(CASE WHEN event_type = 'user_login_succeeded' THEN created_at END) OVER (
        PARTITION BY workspace, account_gid, nameless ORDER BY created_at, gid
        ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING
      ) AS next_success_at
    FROM (
      SELECT
        *,
        -- Accounts without a gid are told apart by their name or address.
        CASE WHEN account_gid IS NULL THEN lower(account) END AS nameless
      FROM (
        SELECT
          workspace, event_type, created_at, created_at_text, client_ip_address, dt, gid,
          coalesce(CASE WHEN coalesce(resource_type, 'user') = 'user' THEN resource_gid END, actor_gid) AS account_gid,
          coalesce(
            CASE WHEN coalesce(resource_type, 'user') = 'user' THEN resource_email END, actor_email,
            CASE WHEN coalesce(resource_type, 'user') = 'user' THEN resource_name END, actor_name
          ) AS account
        FROM events
        WHERE dt >= substr(:since, 1, 10) AND dt < :as_of
          AND created_at >= CAST(:since AS timestamp(3))
          AND created_at < CAST(:as_of AS timestamp(3))
          AND :workspace IN ('', workspace)
          AND event_type IN ('user_login_succeeded', 'user_login_failed')
      ) AS tries
    ) AS of_accounts
  ) AS in_order
  WHERE event_type = 'user_login_failed'
  GROUP BY workspace, account_gid, nameless, series
) AS counted
WHERE failures >= CAST(:at_least AS integer)
  AND first_at < CAST(:until AS timestamp(3))
ORDER BY failures DESC, first_at, workspace, account_gid, account
