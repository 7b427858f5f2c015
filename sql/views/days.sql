-- One row per workspace and day with events. A day without events has no row; `status` and `verify` list those.
--
-- workspace varchar: gid of the workspace
-- dt varchar: the UTC day; 2021-10-07 holds the events whose created_at cannot be read
-- events bigint: events, each once
-- segments bigint: objects that hold them
-- first_at timestamp(3): created_at of the first, in UTC
-- last_at timestamp(3): created_at of the last, in UTC
-- late bigint: events that are older than one archived before them, in an earlier segment of their day
SELECT
  workspace,
  dt,
  count(*) AS events,
  count(DISTINCT path) AS segments,
  min(created_at) AS first_at,
  max(created_at) AS last_at,
  count(CASE WHEN created_at < newest_before THEN 1 END) AS late
FROM (
  SELECT
    workspace, dt, path, created_at,
    max(created_at) OVER (
      PARTITION BY workspace, dt ORDER BY path GROUPS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ) AS newest_before
  FROM events
) AS in_log_order
GROUP BY workspace, dt
