DROP TABLE events;
DROP TABLE events_waiting;
DROP SEQUENCE event_tickets;
DROP TABLE event_heads;
