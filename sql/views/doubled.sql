-- Lines that repeat an event of the same workspace and day: must be empty (invariant I2). `events` leaves them out.
--
-- workspace varchar: gid of the workspace
-- dt varchar: the UTC day
-- gid varchar: id of the event; null if it has none
-- copy bigint: 2 for the second line of an event, and so on
-- path varchar: key of the object that holds the repeat
-- line varchar: the repeat, byte for byte
SELECT workspace, dt, gid, copy, path, line
FROM events_all
WHERE copy > 1
