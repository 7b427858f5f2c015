-- Removes what no longer belongs to the copy: rows that were deleted, and files that were rewritten, five days ago or before.
VACUUM events_columnar
