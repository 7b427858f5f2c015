-- Removes from the copy the events of some days, of which the record has lost some to its expiry.
DELETE FROM events_columnar
WHERE month BETWEEN substr(:since, 1, 7) AND substr(:until, 1, 7) AND dt BETWEEN :since AND :until
