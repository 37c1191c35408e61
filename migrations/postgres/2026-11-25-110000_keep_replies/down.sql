DROP TABLE kept_reply_subjects;
DROP TABLE kept_replies;
DROP TABLE idempotent_requests;
