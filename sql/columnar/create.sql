-- The copy: every event once, in the columns of `events`, with its key and its month. As Athena creates an Iceberg table.
CREATE TABLE IF NOT EXISTS events_columnar (
  :definitions
)
PARTITIONED BY (workspace, month)
LOCATION :location
TBLPROPERTIES ('table_type' = 'ICEBERG', 'format' = 'parquet', 'write_compression' = 'zstd')
