-- Takes the copy's data with it.
DROP TABLE IF EXISTS events_columnar
