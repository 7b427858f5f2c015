-- Up to which day `events_fast` answers from the copy; empty while it answers from the record alone. And as of when.
CREATE OR REPLACE VIEW events_copied AS
SELECT CAST(:until AS varchar) AS until, CAST(:checked_at AS timestamp(3)) AS checked_at
