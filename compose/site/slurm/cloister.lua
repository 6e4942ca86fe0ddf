return {
   backend_uids = { 5000 },
   admin_uids = { 0, 64030 },
   partitions = { "batch" },
   gate = "/var/spool/cloister/gate",
   gate_limit_seconds = 600,
}
