-- The two databases of ceebus, for a new PostgreSQL: ceebus' own, and one for the reference CEE.
create database ceebus;
create database cee;
