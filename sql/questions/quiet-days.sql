-- On which days is there nothing, or far less than on such a weekday before? Asked to tell a quiet company from a gap
-- in its record.
--
-- topic: The record itself
-- history day = 60 days before since: the first UTC day that counts as the past
-- since day = 30 days before until: the first UTC day
-- until day = end: the day after the last
-- workspace workspace = '': gid of one workspace; empty for all
-- percent count 1..100 = 30: of the usual number, below which a day is quiet
SELECT
  dt,
  events,
  CAST(round(usual) AS bigint) AS usual,
  silent_days_before,
  workspace
FROM (
  SELECT
    workspace, dt, events,
    avg(events) OVER (
      PARTITION BY workspace, day_of_week(CAST(dt AS date)) ORDER BY dt ROWS BETWEEN 8 PRECEDING AND 1 PRECEDING
    ) AS usual,
    date_diff('day', lag(CAST(dt AS date)) OVER (PARTITION BY workspace ORDER BY dt), CAST(dt AS date)) - 1
      AS silent_days_before
  FROM (
    SELECT workspace, dt, count(*) AS events
    FROM events
    WHERE dt >= :history AND dt < :until
      AND :workspace IN ('', workspace)
      AND dt <> '2021-10-07'
    GROUP BY workspace, dt
  ) AS per_day
) AS compared
WHERE dt >= :since
  AND (silent_days_before > 0 OR events * 100 < usual * CAST(:percent AS integer))
ORDER BY dt, workspace
