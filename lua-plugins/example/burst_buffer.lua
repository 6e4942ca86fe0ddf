-- An example of a site's own burst_buffer.lua, which keeps jobs from starting while the scratch file system is full, on a Slurm that
-- also carries Cloister's placeholders. All of it is the site's but the last line.
local FULL = SITE_FULL or "/run/site/scratch-is-full"

function slurm_bb_pre_run()
   local full = io.open(FULL, "r")
   if not full then return slurm.SUCCESS, "" end
   full:close()
   return slurm.ERROR, "the scratch file system is full"
end

function slurm_bb_job_teardown(job)
   slurm.log_info("scratch of job %s is given back", job)
   return slurm.SUCCESS, ""
end

function slurm_bb_job_process() return slurm.SUCCESS end
function slurm_bb_paths() return slurm.SUCCESS end
function slurm_bb_pools() return slurm.SUCCESS end
function slurm_bb_setup() return slurm.SUCCESS end
function slurm_bb_data_in() return slurm.SUCCESS end
function slurm_bb_test_data_in() return slurm.SUCCESS end
function slurm_bb_real_size() return slurm.SUCCESS, "0" end
function slurm_bb_post_run() return slurm.SUCCESS end
function slurm_bb_data_out() return slurm.SUCCESS end
function slurm_bb_test_data_out() return slurm.SUCCESS end
function slurm_bb_get_status() return slurm.SUCCESS, "ok" end

dofile("/etc/slurm/cloister_beside.lua")("sealed")
