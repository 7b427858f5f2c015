SELECT until FROM events_copied
