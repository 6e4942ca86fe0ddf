create table lease (
    project int not null references project,
    lease int not null check (lease >= 1),
    member int not null,
    workers int not null,
    cpus int not null,
    mem_mib int not null,
    gpu_kind text not null,
    gpus int not null,
    scratch_mib int not null,
    -- What the wish said, and what holds.
    wish_term_min int not null,
    term_min int not null,
    wish_spread boolean not null,
    spread boolean not null,
    -- Key of the CVM that asked.
    cvm_spki text not null,
    -- The state with what is true in it, see Lease.java.
    state jsonb not null,
    live boolean not null,
    -- The project's revision at which the CVM's view of this lease changed last.
    revision bigint not null,
    recorded_at timestamptz not null default now(),
    primary key (project, lease),
    foreign key (project, member) references member
);

create index lease_live on lease (project, lease) where live;
create index lease_revision on lease (project, revision);

create table lease_address (
    project int not null references project,
    -- Last byte of the address.
    last int not null check (last between 16 and 250),
    lease int not null,
    worker int not null,
    attempt int not null,
    -- Nothing has it any more since then; it is used again after the quarantine.
    freed_at timestamptz,
    primary key (project, last)
);

create unique index lease_address_worker on lease_address (project, lease, worker, attempt) where freed_at is null;

-- What the CVM said a worker used: beside the hypervisor's figures, never instead.
create table lease_usage (
    project int not null,
    lease int not null,
    worker int not null,
    cpu_minutes int not null,
    peak_mem_mib int not null,
    busy_min int not null,
    reported_at timestamptz not null default now(),
    primary key (project, lease, worker),
    foreign key (project, lease) references lease
);
