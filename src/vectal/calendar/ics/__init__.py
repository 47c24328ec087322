"""iCalendar (RFC 5545), read as what strangers wrote, and written so that others can read it."""
