-- On which days were events archived after younger ones? Asked when a report made earlier has other numbers. A first
-- drain reads a long history in several places at once, so its days may be among them.
--
-- topic: The record itself
-- since day = 30 days before until: the first UTC day
-- until day = end: the day after the last
-- workspace workspace = '': gid of one workspace; empty for all
SELECT dt, events, late, segments, first_at, last_at, workspace
FROM days
WHERE dt >= :since AND dt < :until
  AND :workspace IN ('', workspace)
  AND late > 0
ORDER BY dt, workspace
