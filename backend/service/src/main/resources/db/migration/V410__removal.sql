-- How far the removal of a project is; its row stays, for its leases and charges and so that its number is not given again.
alter table project add column removal text not null default 'NONE'
    check (removal in ('NONE', 'DRAINING', 'CLOSING', 'REMOVED'));

-- The same for members. The CVM keeps the files of one who left: who comes back has the same login and uid.
alter table member add column removal text not null default 'NONE'
    check (removal in ('NONE', 'DRAINING', 'REMOVED'));
alter table member
    drop constraint member_project_login_key,
    drop constraint member_project_uid_key;
create unique index member_login on member (project, login) where removal = 'NONE';
create unique index member_uid on member (project, uid) where removal = 'NONE';
