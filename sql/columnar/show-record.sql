-- The same while there is no copy, or one that differs from the record.
CREATE OR REPLACE VIEW events_fast AS
SELECT :columns FROM events
