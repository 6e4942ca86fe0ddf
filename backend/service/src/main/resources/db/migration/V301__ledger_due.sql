-- When the end of its placeholder was told, and when slurmdbd is next asked for its record.
alter table ledger_entry
    add column told_at timestamptz,
    add column look_at timestamptz not null default now();
