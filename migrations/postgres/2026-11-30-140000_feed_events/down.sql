DROP TABLE events;
DROP TABLE events_waiting;
DROP TABLE event_heads;
