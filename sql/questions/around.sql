-- What happened in the time around this moment? Asked when something else (an alert, a mail, a call) has given a
-- time.
--
-- topic: One person, one thing, one moment
-- at instant: the moment, such as 2026-05-01T14:30:00Z
-- minutes count 0..525600 = 30: how far to look before and after it
-- workspace workspace = '': gid of one workspace; empty for all
SELECT
  created_at,
  coalesce(actor_email, actor_name, actor_gid, actor_type) AS who,
  event_type, resource_type, resource_name, resource_gid, old_value, new_value, client_ip_address,
  actor_gid, workspace, gid
FROM events
WHERE dt >= substr(CAST(CAST(:at AS timestamp(3)) - CAST(:minutes AS integer) * INTERVAL '1' MINUTE AS varchar), 1, 10)
  AND dt <= substr(CAST(CAST(:at AS timestamp(3)) + CAST(:minutes AS integer) * INTERVAL '1' MINUTE AS varchar), 1, 10)
  AND :workspace IN ('', workspace)
  AND abs(date_diff('millisecond', created_at, CAST(:at AS timestamp(3)))) <= CAST(:minutes AS bigint) * 60000
ORDER BY created_at, gid
