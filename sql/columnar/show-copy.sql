-- The same columns as `events`: from the copy up to the last day that was checked, and from the record after it and of the
-- odd day, to which events may come at any time. The days are written out, because neither side leaves out days that it
-- would have to compute first.
CREATE OR REPLACE VIEW events_fast AS
SELECT :shown FROM events_columnar WHERE dt > :odd_day AND dt <= :until
UNION ALL
SELECT :columns FROM events WHERE dt = :odd_day OR dt > :until
