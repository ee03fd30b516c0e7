-- For the service `db` of docker-compose.yml: the user and the database of Sevenday in a new PostgreSQL. Who gets as far
-- as running SQL there has this database and nothing else: no file, no program, no other user.
\getenv password POSTGRES_PASSWORD
CREATE ROLE sevenday LOGIN PASSWORD :'password';
CREATE DATABASE sevenday OWNER sevenday;
ALTER ROLE postgres PASSWORD NULL;
