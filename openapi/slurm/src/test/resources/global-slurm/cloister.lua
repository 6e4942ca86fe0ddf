return { backend_uids = { 5000 }, admin_uids = { 0, 64030 }, gate = "/var/spool/cloister/gate" }
