-- A row while the operators let nothing be submitted.
create table submission_pause (
    one boolean primary key default true check (one),
    since timestamptz not null
);
