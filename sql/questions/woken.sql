-- Which accounts did something after a long silence? Asked to find old accounts in new hands. What is archived on
-- 2021-10-07, because its time cannot be used, is left out.
--
-- topic: People
-- history day = start: the first UTC day that counts as the past
-- since instant = 30 days before until: the first moment that counts
-- until instant = end: the first moment that no longer counts
-- workspace workspace = '': gid of one workspace; empty for all
-- days count 1..36500 = 30: days of silence before
SELECT
  created_at,
  coalesce(actor_email, actor_name, actor_gid, actor_type) AS who,
  date_diff('day', CAST(before_at AS date), CAST(created_at AS date)) AS silent_days,
  before_at,
  event_type, client_ip_address,
  actor_gid, workspace, gid
FROM (
  SELECT
    acts.created_at, actor_email, actor_name, actor_gid, acts.actor_type, event_type, client_ip_address, acts.workspace, gid,
    before_at,
    row_number() OVER (PARTITION BY acts.workspace, acts.actor_type, acts.account, acts.created_at ORDER BY gid) AS nth
  FROM (
    SELECT *, coalesce(actor_gid, actor_email, actor_name) AS account
    FROM events
    WHERE dt >= substr(:since, 1, 10) AND dt < :until
  ) AS acts
  -- Silence ends with the first event of a day, so the days of each account are enough to find it.
  JOIN (
    SELECT
      workspace, actor_type, account, first_at,
      lag(last_at) OVER (PARTITION BY workspace, actor_type, account ORDER BY first_at) AS before_at
    FROM (
      SELECT workspace, actor_type, account, min(created_at) AS first_at, max(created_at) AS last_at
      FROM (
        SELECT workspace, actor_type, coalesce(actor_gid, actor_email, actor_name) AS account, created_at
        FROM events
        WHERE dt >= :history AND dt < :until AND dt <> '2021-10-07'
          AND created_at < CAST(:until AS timestamp(3))
          AND :workspace IN ('', workspace)
      ) AS past
      WHERE account IS NOT NULL
      GROUP BY workspace, actor_type, account, CAST(created_at AS date)
    ) AS days_of_account
  ) AS woken
    ON acts.workspace = woken.workspace
    AND acts.account = woken.account
    AND acts.actor_type IS NOT DISTINCT FROM woken.actor_type
    AND acts.created_at = woken.first_at
  WHERE first_at >= CAST(:since AS timestamp(3))
    AND date_diff('day', CAST(before_at AS date), CAST(first_at AS date)) >= CAST(:days AS integer)
) AS first_acts
WHERE nth = 1
ORDER BY created_at, gid
