-- Writes the many small files of the newest months as few large ones.
OPTIMIZE events_columnar REWRITE DATA USING BIN_PACK WHERE month >= :month
