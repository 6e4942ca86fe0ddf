# shellcheck shell=bash disable=SC2016,SC2086,SC2154
# The Epilog at its limit; a file of its own because it takes its minute.
a_worker_that_nothing_ends_drains_its_node_within_a_minute() {
  local before=$SECONDS
  stand_in virsh <<<'trap "" TERM; while :; do pause 100; done'
  stand_in scontrol <<<':'
  note $U1 kind=worker project=1 lease=2 attempt=1 job=77
  # A process that cannot be killed: the first of its world, which no signal from within ends. It is made to look like QEMU.
  printf '/usr/bin/qemu-system-x86_64\0-uuid\0%s\0' $U1 >"$SCRATCH/cmdline"
  mount --bind "$SCRATCH/cmdline" /proc/1/cmdline || fail "cannot disguise the first process"
  alive $U1 || fail "the disguise does not hold"
  env -i SLURM_JOB_COMMENT=cloister:1:1:2:1 SLURM_JOB_ID=77 SLURMD_NODENAME=vmhost2 "$PLUGINS/host/epilog"
  same 0 $?
  holds "$(calls scontrol)" "update nodename=vmhost2 state=drain reason=cloister: 1 workers outlived job 77"
  # By its own limits it ends within the minute; a busy machine may be late.
  local limit; limit=$(sed -n 's/^GIVE_UP=\([0-9]*\) .*/\1/p' "$PLUGINS/host/epilog")
  ((limit + 4 + 7 <= 60)) || fail "it gives up after $limit s"
  ((SECONDS - before <= 180)) || fail "it took $((SECONDS - before)) s"
}
