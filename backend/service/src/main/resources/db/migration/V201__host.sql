-- The VM hosts that the operators have named. The name is the node's name in the global Slurm.
create table host (
    name text primary key check (length(name) between 1 and 64),
    service boolean not null
);
