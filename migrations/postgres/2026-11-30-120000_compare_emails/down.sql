DROP TABLE users_to_fold;
DROP TABLE customers_to_fold;
