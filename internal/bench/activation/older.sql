-- Puts the measured day behind the rows that initial.sql has made.
insert into fact select * from measured_day;
drop table measured_day;
checkpoint;
