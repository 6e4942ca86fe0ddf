-- Accounts (p<project>) and wckeys (m<member>) that we have had made in slurmdbd.
create table ledger_association (
    name text primary key check (name ~ '^[pm][1-9][0-9]*$')
);

-- One row for each lease and attempt that had machines, or was about to.
create table ledger_entry (
    project int not null,
    lease int not null,
    attempt int not null,
    job bigint not null,
    submitted timestamptz not null,
    -- GPUs of one worker, from the wish.
    gpus int not null default 0,
    -- What was last written at the placeholder while it lived.
    note text,
    -- slurmdbd's record, once it is over there.
    state text,
    started timestamptz,
    ended timestamptz,
    elapsed_s bigint,
    cpus bigint,
    mem_mib bigint,
    gpus_allocated bigint,
    nodes bigint,
    -- What was used, and what speaks against it; see Settlement.java.
    used_cpu_s bigint,
    used_mem_mib_s bigint,
    used_gpu_s bigint,
    flags int,
    -- What the record was corrected to, under the policy `used`.
    charged_cpus bigint,
    charged_mem_mib bigint,
    settled boolean not null default false,
    primary key (project, lease, attempt)
);

create index ledger_entry_open on ledger_entry (project, lease, attempt) where not settled;
create index ledger_entry_submitted on ledger_entry (submitted);

-- What a worker has used so far, by its host's hypervisor.
create table ledger_sample (
    project int not null,
    lease int not null,
    attempt int not null,
    worker int not null,
    cpu_ms bigint not null,
    mem_mib_ms bigint not null,
    resident_mib bigint not null,
    first_at timestamptz not null,
    last_at timestamptz not null,
    primary key (project, lease, attempt, worker),
    foreign key (project, lease, attempt) references ledger_entry
);
