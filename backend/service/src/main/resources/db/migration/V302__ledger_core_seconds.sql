-- Core-seconds, as slurmdbd has them: of a placeholder that gave hosts back they are not cores times seconds.
alter table ledger_entry
    add column cpu_s bigint;
update ledger_entry set cpu_s = cpus * elapsed_s where cpus is not null and elapsed_s is not null;
