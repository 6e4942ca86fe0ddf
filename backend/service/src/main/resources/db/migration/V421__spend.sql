-- From when to when hosts were held for a lease: what it spent of its project's day.
alter table lease add column started_at timestamptz;
alter table lease add column ended_at timestamptz;
create index lease_ended on lease (project, ended_at);
