create table project (
    number int primary key check (number between 1 and 250),
    spread boolean not null,
    idle_seconds int not null,
    -- Grows with every change of the members; a CVM refuses an older one.
    epoch bigint not null default 1,
    -- Grows with every change of a lease that the CVM can see.
    revision bigint not null default 1,
    next_lease int not null default 1,
    cvm_state text not null check (cvm_state in ('OFF', 'STARTING', 'UP', 'STOPPING')),
    cvm_why text,
    cvm_host text,
    cvm_address text,
    cvm_deadline timestamptz,
    cvm_spki text unique,
    cvm_ssh_host_key text,
    cvm_image int
);

create table member (
    project int not null references project,
    number int not null,
    login text not null,
    uid int not null,
    primary key (project, number),
    unique (project, login),
    unique (project, uid)
);

create table member_key (
    project int not null,
    member int not null,
    position int not null,
    key text not null,
    primary key (project, member, position),
    foreign key (project, member) references member
);
