-- /etc/slurm/burst_buffer.lua: the gate in front of every placeholder (Lua 5.1 to 5.4).
-- Slurm runs slurm_bb_job_process and slurm_bb_paths inside slurmctld, under its locks, and loads this file each time: so nothing
-- is read here before a function that runs in a child of slurmscriptd asks for it.
--
-- On a Slurm with a burst_buffer.lua of its own keep that one, and see cloister_beside.lua.
local folder = CLOISTER_FOLDER or "/etc/slurm"

local function gate()
   local config, trouble = dofile(folder .. "/cloister_config.lua")(folder .. "/cloister.lua")
   if not config then return nil, "cloister: no placeholder can start until an administrator mends " .. trouble end
   return dofile(folder .. "/cloister_gate.lua")(config, dofile(folder .. "/cloister_mark.lua"))
end

function slurm_bb_pre_run(job, _, uid, _, info)
   local ours, trouble = gate()
   if not ours then return slurm.ERROR, trouble end
   local code, words = ours.pre_run(job, uid, info)
   if code == nil then return slurm.SUCCESS, "" end
   return code, words or ""
end

function slurm_bb_job_teardown(job)
   local ours, trouble = gate()
   if not ours then return slurm.ERROR, trouble end
   local code, words = ours.teardown(job)
   return code, words or ""
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
