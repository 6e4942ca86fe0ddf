-- Who shares a worker, how many idle ones are kept at the least, and the largest spend of a day in CPU minutes (0: no limit).
alter table project add column isolation text not null default 'PROJECT' check (isolation in ('PROJECT', 'USER', 'JOB'));
alter table project add column warm_workers int not null default 0 check (warm_workers >= 0);
alter table project add column day_cpu_min int not null default 0 check (day_cpu_min >= 0);
