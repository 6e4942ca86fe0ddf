-- When the CVM said hello, and where the drive is that an earlier CVM of the project used; no host where there is none.
alter table project
    add column cvm_since timestamptz,
    add column cvm_drive_host text,
    add column cvm_drive_address text,
    add check ((cvm_drive_host is null) = (cvm_drive_address is null));
update project set cvm_since = now() where cvm_state = 'UP';
